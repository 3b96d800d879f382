"""The bundled demo: a newsroom of invented outlets on loopback, and the main job run over its two weeks."""
