# Two stages: the environment is built with pip and hashes, the image that runs has neither pip caches nor root.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE} AS build
WORKDIR /build
RUN python3 -m venv /opt/desk
COPY requirements.lock ./
RUN /opt/desk/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md config.yaml ./
COPY monitor monitor
COPY crawlers crawlers
COPY classifiers classifiers
COPY alerts alerts
COPY storage storage
RUN /opt/desk/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${BASE}
RUN useradd --system --uid 10001 --create-home --home-dir /home/desk desk \
    && install -d -o desk -g desk /srv/desk /srv/desk/var
COPY --from=build /opt/desk /opt/desk
COPY --chown=desk:desk config.yaml /srv/desk/config.yaml
ENV PATH=/opt/desk/bin:$PATH PYTHONUNBUFFERED=1 TZ=Asia/Ho_Chi_Minh
USER 10001
WORKDIR /srv/desk
VOLUME /srv/desk/var
HEALTHCHECK --interval=60s --timeout=20s --start-period=90s CMD ["monitor", "health"]
STOPSIGNAL SIGTERM
CMD ["monitor", "run"]
