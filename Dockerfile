# The whole program; it runs the controller unless told otherwise: `docker run IMAGE crd` prints
# the definition. Dependencies have the versions of the lock.
ARG PYTHON=3.12.12-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE requirements/dev.lock ./
COPY controller controller
COPY lwstui lwstui
COPY themes themes
COPY examples examples
RUN grep -oE '^[A-Za-z0-9._-]+==[^ ;]+' dev.lock > /constraints.txt
ENV PIP_CONSTRAINT=/constraints.txt PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN pip wheel --no-deps --wheel-dir /dist .
RUN python -m venv /opt/lwstui && \
    /opt/lwstui/bin/pip install /dist/*.whl && \
    /opt/lwstui/bin/pip uninstall --yes pip && \
    /opt/lwstui/bin/lwstui --version

FROM python:${PYTHON}
COPY --from=build /opt/lwstui /opt/lwstui
ENV PATH=/opt/lwstui/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65532:65532
ENTRYPOINT ["lwstui"]
CMD ["controller"]
