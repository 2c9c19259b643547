# The portal's production image: one image for web, worker, beat and rq.
FROM node:22-slim AS assets
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes -r /tmp/base.txt

FROM python:3.13-slim
RUN useradd --uid 10001 --create-home portal
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DEBUG=false
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
# What portal/core/frontend.py names: style sheets and fonts are collected below, icons are read when a page is rendered.
COPY --from=assets /build/node_modules/@tabler/core/dist node_modules/@tabler/core/dist
COPY --from=assets /build/node_modules/@tabler/icons/icons/outline node_modules/@tabler/icons/icons/outline
COPY --from=assets /build/node_modules/@fontsource-variable/inter node_modules/@fontsource-variable/inter
COPY manage.py ./
COPY portal portal
COPY provisioning provisioning
COPY deployments deployments
COPY billing billing
COPY templates templates
COPY static static
# With BUILD, collectstatic needs no settings of production, and nothing else starts.
RUN BUILD=true python manage.py collectstatic --noinput
USER portal
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; host = os.environ['ALLOWED_HOSTS'].split(',')[0].lstrip('.*') or 'localhost'; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': host}), timeout=2)"]
CMD ["gunicorn", "portal.wsgi", "--config", "python:portal.serving", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4"]
