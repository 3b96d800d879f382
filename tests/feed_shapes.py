"""Feeds in the shapes that Vietnamese newspapers, portals, blogs and forums print; every word in them is ours."""

# ruff: noqa: E501  # one case, one line
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WORDS = (  # noqa: SIM905
    "phường xã thành phố Hà Nội hướng dẫn người dân nộp hồ sơ trực tuyến qua cổng dịch vụ công cán bộ một cửa hỗ trợ thủ tục hành chính"
    " chuyển đổi số tổ công nghệ cộng đồng thanh toán không dùng tiền mặt định danh điện tử dữ liệu dùng chung khảo sát ý kiến"
).split()
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Text:
    """What one item says."""

    number: int
    title: str
    lead: str
    body: str
    slug: str
    hour: str  #: HH:MM:SS


Item = Callable[[Text], str]


def texts(count: int) -> list[Text]:
    """The same items at every call."""
    chance = random.Random(57)

    def said(words: int) -> str:
        return " ".join(chance.choice(_WORDS) for _ in range(words)).capitalize()

    return [
        Text(n, said(13), said(34) + ".", f"<p>{said(90)}.</p>\n<p>{said(70)}.</p>", f"to-cong-nghe-so-den-tung-ngo-{4_800_000 + n}",
             f"{9 + n // 60 % 12:02d}:{n % 60:02d}:{n % 59:02d}")
        for n in range(count)
    ]  # fmt: skip


def cdata(text: str) -> str:
    return f"<![CDATA[{text}]]>"


def _rss(item: Item, *, spaces: str = "", head: str = "", prolog: str = '<?xml version="1.0" encoding="utf-8"?>') -> Callable[[int], bytes]:
    def feed(count: int) -> bytes:
        channel = f"<title>Tin mới</title><link>https://bao.vn/</link><description>Bản tin</description>{head}"
        items = "\n".join(f"<item>{item(text)}</item>" for text in texts(count))
        return f'{prolog}<rss version="2.0"{spaces}><channel>{channel}\n{items}\n</channel></rss>\n'.encode()

    return feed


def _atom(item: Item, *, spaces: str = "", head: str = "") -> Callable[[int], bytes]:
    def feed(count: int) -> bytes:
        items = "\n".join(f"<entry>{item(text)}</entry>" for text in texts(count))
        top = f'<title>Bản tin</title><link href="https://tapchi.vn/"/><id>urn:x</id><updated>2026-11-21T09:00:00+07:00</updated>{head}'
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"{spaces}>{top}\n{items}</feed>'.encode()

    return feed


def _date(t: Text) -> str:
    return f"{_DAYS[t.number % 7]}, 21 Nov 2026 {t.hour} +0700"


def _newspaper(t: Text) -> str:
    url = f"https://bao.vn/{t.slug}.html"
    picture = f'<a href="{url}"><img src="https://anh.bao.vn/2026/11/21/{t.number}.jpg?w=1200&h=0&q=100&dpr=1&fit=crop" ></a></br>'
    return (
        f"<title>{t.title}</title><description>{cdata(picture + t.lead)}</description><pubDate>{_date(t)}</pubDate><link>{url}</link>"
        f'<guid>{url}</guid><slash:comments>{t.number}</slash:comments><enclosure url="https://anh.bao.vn/{t.number}.jpg" type="image/jpeg" length="1200"/>'
    )


def _short_offset(t: Text) -> str:
    url = f"https://tre.vn/{t.slug}.htm"
    return (
        f"<title>{cdata(t.title)}</title><link>{cdata(url)}</link><pubDate>Sat, 21 Nov 2026 {t.hour} GMT+7</pubDate>"
        f"<description>{cdata(f'<a href={chr(34)}{url}{chr(34)}><img src={chr(34)}https://cdn.tre.vn/{t.number}.jpg{chr(34)} /></a>{t.lead}')}</description>"
    )


def _american_dates(t: Text) -> str:
    url = f"https://kinhte.vn/{t.slug}.html"
    return (
        f"<title>{t.title} &amp; hơn thế</title><link>{url}</link><description>{escape(f'<p>{t.lead}</p>')}</description>"
        f'<pubDate>11/21/2026 {t.hour} PM</pubDate><guid isPermaLink="false">{t.number}</guid>'
        f"<image>https://cdn.kinhte.vn/{t.number}.jpg</image><category>Kinh tế số</category>"
    )


def _wordpress(t: Text) -> str:
    url = f"https://blog.vn/2026/11/{t.slug}/"
    return (
        f"\n\t\t<title>{t.title}</title>\n\t\t<link>{url}</link>\n\t\t\t\t\t<comments>{url}#respond</comments>\n\t\t\n\t\t"
        f"<dc:creator>{cdata('bientap')}</dc:creator>\n\t\t<pubDate>{_date(t)}</pubDate>\n\t\t\t\t<category>{cdata('Tin tức')}</category>"
        f'<category>{cdata("Chuyển đổi số")}</category>\n\t\t<guid isPermaLink="false">https://blog.vn/?p={t.number}</guid>\n\n'
        f"\t\t\t\t\t<description>{cdata(f'<p>{t.lead} [&#8230;]</p>')}</description>\n"
        f"\t\t\t\t\t\t\t\t\t\t<content:encoded>{cdata(t.body)}</content:encoded>\n\n\t\t\t\t\t<wfw:commentRss>{url}feed/</wfw:commentRss>\n"
        f'\t\t\t<slash:comments>0</slash:comments>\n\t\t<post-id xmlns="com-wordpress:feed-additions:1">{t.number}</post-id>\t'
    )


def _media(t: Text) -> str:
    url = f"https://tap.vn/{t.slug}.epi"
    return (
        f'<title>{t.title}</title><link>{url}</link><guid isPermaLink="true">{url}</guid><pubDate>{_date(t)}</pubDate>'
        f"<description>{t.lead}</description><dc:creator>Ban biên tập</dc:creator>"
        f'<media:content url="https://tap.vn/{t.number}.jpg" medium="image"><media:title type="plain">{t.title}</media:title>'
        f"<media:credit>TTX</media:credit></media:content>"
    )


def _portal(t: Text) -> str:
    url = f"https://phuong.hanoi.gov.vn/tin-tuc/-/view_content/{t.number}-{t.slug}?redirect=%2Ftrang-chu"
    return (
        f'<title>{t.title}</title><link rel="alternate" href="{url}"/><author><name>Quản trị cổng</name></author><id>{url}</id>'
        f'<updated>2026-11-21T{t.hour}Z</updated><published>2026-11-21T{t.hour}Z</published><summary type="html">{escape(t.body)}</summary>'
        f"<dc:creator>Quản trị cổng</dc:creator><dc:date>2026-11-21T{t.hour}Z</dc:date>"
    )


def _sharepoint(t: Text) -> str:
    url = f"https://so.hanoi.gov.vn/Pages/tin.aspx?ID={t.number}"
    return (
        f"<title>{t.title}</title><link>{url}</link><description>{cdata(f'<div><b>Nội dung:</b> {t.lead}</div>')}</description>"
        f'<author>Cổng thông tin</author><pubDate>{_date(t)}</pubDate><guid isPermaLink="true">{url}</guid>'
    )


def _nukeviet(t: Text) -> str:
    url = f"https://xa.hanoi.gov.vn/news/tin-tuc/{t.slug}.html"
    return (
        f'<title>{cdata(t.title)}</title><link>{url}</link><guid isPermaLink="false">news_{t.number}</guid>'
        f"<description>{cdata(f'<img src=x width=100 align=left border=0>{t.lead}')}</description><pubDate>{_date(t)}</pubDate>"
    )


def _joomla(t: Text) -> str:
    url = f"https://phuong-x.gov.vn/index.php/tin-tuc/{t.number}-{t.slug}?format=html"
    return (
        f'<title>{t.title}</title><link>{url}</link><guid isPermaLink="true">{url}</guid><description>{cdata(t.body)}</description>'
        f"<author>quantri@phuong-x.gov.vn (Quản trị viên)</author><category>Tin hoạt động</category><pubDate>{_date(t)}</pubDate>"
    )


def _drupal(t: Text) -> str:
    url = f"https://vien.vn/node/{t.number}"
    return (
        f"<title>{t.title}</title>\n<link>{url}</link>\n<description>{escape(t.body)}</description>\n<pubDate>{_date(t)}</pubDate>\n"
        f'<dc:creator>bbt</dc:creator>\n<guid isPermaLink="false">{t.number} at https://vien.vn</guid>\n<comments>{url}#comments</comments>'
    )


def _rdf(count: int) -> bytes:
    items = "".join(
        f'<item rdf:about="https://cong.vn/tin/{t.number}"><title>{t.title}</title><link>https://cong.vn/tin/{t.number}</link>'
        f"<description>{t.lead}</description><dc:date>2026-11-21T{t.hour}+07:00</dc:date><dc:creator>Ban biên tập</dc:creator></item>\n"
        for t in texts(count)
    )
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    listed = "".join(f'<rdf:li rdf:resource="https://cong.vn/tin/{n}"/>' for n in range(count))
    channel = f"<title>Cổng</title><link>https://cong.vn/</link><description>x</description><items><rdf:Seq>{listed}</rdf:Seq></items>"
    return f'<?xml version="1.0" encoding="UTF-8"?><rdf:RDF {spaces}><channel rdf:about="https://cong.vn/">{channel}</channel>{items}</rdf:RDF>'.encode()


def _xenforo(t: Text) -> str:
    url = f"https://diendan.vn/threads/{t.slug}.{t.number}/"
    return (
        f'<title>{t.title}</title><pubDate>{_date(t)}</pubDate><link>{url}</link><guid isPermaLink="true">{url}</guid>'
        f"<author>invalid@example.com (thanh_vien_{t.number})</author><category domain={chr(34)}https://diendan.vn/{chr(34)}>{cdata('Hỏi đáp')}</category>"
        f"<dc:creator>thanh_vien_{t.number}</dc:creator><content:encoded>{cdata(f'<div class={chr(34)}bbWrapper{chr(34)}>{t.body}</div>')}</content:encoded>"
        f"<slash:comments>3</slash:comments>"
    )


def _discourse(t: Text) -> str:
    url = f"https://hoidap.vn/t/{t.slug}/{t.number}"
    return (
        f"<title>{t.title}</title><dc:creator>{cdata('@nguoi_dung')}</dc:creator><category>Góp ý</category><description>{cdata(t.body)}</description>"
        f"<link>{url}</link><pubDate>{_date(t)}</pubDate><discourse:topicPinned>No</discourse:topicPinned>"
        f'<guid isPermaLink="false">hoidap.vn-topic-{t.number}</guid><source url="https://hoidap.vn/t/{t.number}.rss">{t.title}</source>'
    )


def _youtube(t: Text) -> str:
    return (
        f"<id>yt:video:aBcDeF{t.number:05d}</id><yt:videoId>aBcDeF{t.number:05d}</yt:videoId><yt:channelId>UCthu</yt:channelId><title>{t.title}</title>"
        f'<link rel="alternate" href="https://www.youtube.com/watch?v=aBcDeF{t.number:05d}"/>'
        f"<author><name>Truyền hình Thử</name><uri>https://www.youtube.com/channel/UCthu</uri></author>"
        f"<published>2026-11-21T{t.hour}+00:00</published><updated>2026-11-21T{t.hour}+00:00</updated>"
        f'<media:group><media:title>{t.title}</media:title><media:content url="https://www.youtube.com/v/x" type="application/x-shockwave-flash" width="640"/>'
        f'<media:thumbnail url="https://i.ytimg.com/x.jpg"/><media:description>{t.lead}</media:description>'
        f'<media:community><media:starRating count="0" average="0.00"/><media:statistics views="{t.number}"/></media:community></media:group>'
    )


def _blogger(t: Text) -> str:
    return (
        f"<id>tag:blogger.com,1999:blog-1.post-{t.number}</id><published>2026-11-21T{t.hour}.000+07:00</published>"
        f'<updated>2026-11-21T{t.hour}.001+07:00</updated><category scheme="http://www.blogger.com/atom/ns#" term="Tin"/><title type="text">{t.title}</title>'
        f'<content type="html">{escape(t.body)}</content><link rel="replies" type="application/atom+xml" href="https://b.vn/{t.number}/comments" title="Đăng"/>'
        f'<link rel="self" type="application/atom+xml" href="https://b.vn/feeds/{t.number}"/>'
        f'<link rel="alternate" type="text/html" href="https://b.vn/2026/11/{t.slug}.html" title="{t.title}"/>'
        f'<author><name>Người viết</name><uri>https://b.vn/p</uri><email>noreply@b.vn</email><gd:image rel="x" src="https://b.vn/a.png"/></author>'
        f"<thr:total>0</thr:total>"
    )


def _magazine(t: Text) -> str:
    return (
        f'<title type="html">{t.title}</title><link rel="alternate" type="text/html" href="https://tapchi.vn/bai/{t.slug}"/>'
        f"<id>tag:tapchi.vn,2026:{t.number}</id><published>2026-11-21T{t.hour}+07:00</published><updated>2026-11-21T{t.hour}+07:00</updated>"
        f'<author><name>Người Viết</name></author><summary type="html">{escape(f"<p>{t.lead}</p>")}</summary>'
    )


def _tracked(t: Text) -> str:
    url = f"https://radio.vn/{t.slug}.vov?utm_source=rss&amp;utm_medium=feed"
    return (
        f'<title>{t.title}</title><link>{url}</link><guid isPermaLink="false">post-{t.number}</guid><pubDate>{_date(t)}</pubDate>'
        f"<description>{cdata(t.lead)}</description><feedburner:origLink>https://radio.vn/{t.slug}.vov</feedburner:origLink>"
    )


def _podcast(t: Text) -> str:
    return (
        f"<title>{t.title}</title><link>https://dai.vn/{t.slug}</link><description>{cdata(t.lead)}</description><pubDate>{_date(t)}</pubDate>"
        f"<itunes:title>{t.title}</itunes:title><itunes:author>Đài Thử</itunes:author><itunes:summary>{t.lead} Nghe thêm.</itunes:summary>"
        f'<itunes:image href="https://dai.vn/a.jpg"/><itunes:duration>12:30</itunes:duration><enclosure url="https://dai.vn/a.mp3" type="audio/mpeg" length="1"/>'
    )


_CONTENT = ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
_DC = ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
_SLASH = ' xmlns:slash="http://purl.org/rss/1.0/modules/slash/"'
_MEDIA = ' xmlns:media="http://search.yahoo.com/mrss/"'
_SELF = ' xmlns:atom="http://www.w3.org/2005/Atom"'
_SELF_LINK = '<atom:link href="https://bao.vn/rss" rel="self" type="application/rss+xml"/>'

#: name → feed of so many items
SHAPES: dict[str, Callable[[int], bytes]] = {
    "newspaper": _rss(_newspaper, spaces=_SLASH, head="<image><url>https://bao.vn/l.png</url><title>Báo</title><link>https://bao.vn</link></image>"),
    "cdata_everywhere": _rss(_short_offset, head="<pubDate>Sat, 21 Nov 2026 10:00:00 +0700</pubDate><generator>CMS</generator><ttl>10</ttl>"),
    "american_dates": _rss(_american_dates),
    "wordpress": _rss(
        _wordpress,
        spaces=_CONTENT + _DC + _SLASH + _SELF + ' xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"',
        head=_SELF_LINK + "<lastBuildDate>Sat, 21 Nov 2026 02:00:00 +0000</lastBuildDate><language>vi</language><sy:updatePeriod>hourly</sy:updatePeriod>",
    ),
    "media_titles": _rss(_media, spaces=_DC + _MEDIA),
    "portal_liferay": _atom(_portal, spaces=_DC),
    "portal_sharepoint": _rss(_sharepoint, prolog='<?xml version="1.0" encoding="utf-8"?>\n<?xml-stylesheet type="text/xsl" href="/f.xsl"?>\n<!--RSS generated-->\n'),
    "portal_nukeviet": _rss(_nukeviet, spaces=_SELF, head=_SELF_LINK + f"<copyright>{cdata('Xã')}</copyright><docs>https://x.vn/rss/</docs>"),
    "portal_joomla": _rss(_joomla, spaces=_SELF, head=_SELF_LINK + "<managingEditor>a@x.vn (Quản trị)</managingEditor>"),
    "drupal": _rss(_drupal, spaces=_DC, head="<language>vi</language>"),
    "rdf": _rdf,
    "xenforo": _rss(_xenforo, spaces=_CONTENT + _DC + _SLASH),
    "discourse": _rss(_discourse, spaces=_DC + _SELF + ' xmlns:discourse="http://www.discourse.org/"'),
    "youtube": _atom(_youtube, spaces=_MEDIA + ' xmlns:yt="http://www.youtube.com/xml/schemas/2015"', head="<author><name>Truyền hình Thử</name></author>"),
    "blogger": _atom(
        _blogger,
        spaces=' xmlns:openSearch="http://a9.com/-/spec/opensearchrss/1.0/" xmlns:thr="http://purl.org/syndication/thread/1.0" xmlns:gd="http://schemas.google.com/g/2005"',
        head="<openSearch:totalResults>9</openSearch:totalResults>",
    ),
    "magazine": _atom(_magazine),
    "tracked_links": _rss(_tracked, spaces=' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'),
    "podcast": _rss(_podcast, spaces=' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"', head="<itunes:owner><itunes:name>Đài</itunes:name></itunes:owner>"),
}  # fmt: skip
