"""The Kubernetes client: the only package that imports kubernetes_asyncio."""
