"""The paths that each engine's HTTP server answers to a plain GET; a kind without an entry all."""

from lwstui.sandbox.engines.detect import Kind

_OPENAI = frozenset({"/health", "/health_generate", "/ping", "/metrics", "/v1/models", "/version"})
PATHS = {
    Kind.VLLM: _OPENAI,
    Kind.SGLANG: _OPENAI,
    Kind.LLAMACPP: frozenset({"/", "/health", "/v1/health", "/metrics", "/v1/models", "/models"}),
    Kind.DCGM: frozenset({"/health", "/metrics"}),
    Kind.NGINX: frozenset({"/", "/index.html"}),
}
