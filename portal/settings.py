"""Settings, all from the environment (12-factor); a variable that is empty counts as missing.

Production sets DEBUG=false and then must set what `required` reads (portal/required.py); docs/operations.md lists all.
"""

import os
import sys
from pathlib import Path
from urllib.parse import urlencode

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from portal.core.logs import configure
from portal.required import Required

django_stubs_ext.monkeypatch()  # lets forms, views and fields name the model they are for: ModelForm[Customer]

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
env.read_env(str(BASE_DIR / ".env"), overwrite=False)
env.ENVIRON = {name: value for name, value in os.environ.items() if value.strip()}

# In the demo: what tasks really are there, "docker" or "process"; empty elsewhere.
DEMO = env.str("DEMO", default="")
DEBUG = env.bool("DEBUG", default=not DEMO)  # debug pages
DEVELOPMENT = DEBUG or bool(DEMO)  # example values, plain HTTP and static files from the sources are all right
TESTING = "pytest" in sys.modules
BUILD = env.bool("BUILD", default=False)  # an image is being built: no setting of production is there yet
if BUILD and sys.argv[1:2] != ["collectstatic"]:
    raise ImproperlyConfigured("BUILD is for collectstatic, while the image is built. Unset it to start anything else.")
required = Required(env.ENVIRON, production=not (DEVELOPMENT or BUILD))

SECRET_KEY = required("SECRET_KEY")
# Fernet keys for encrypted fields, newest first; older ones still decrypt (portal/core/encryption.py).
FIELD_KEYS = required("FIELD_KEYS").split(",")

ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS").split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
PORTAL_URL = required("PORTAL_URL")

INSTALLED_APPS = [
    "portal.core",
    "portal.accounts",
    "provisioning",
    "deployments",
    "billing",
    "portal.support",
    "portal.dashboard",
    *(["portal.demo"] if DEMO else []),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "template_partials",
    "django_rq",
    "django_structlog",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pads what it packs, so that its length tells nothing of tokens in it
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.core.htmx.HtmxResponseMiddleware",
    "portal.core.errors.UserErrorMiddleware",
]

ROOT_URLCONF = "portal.demo.urls" if DEMO else "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.dashboard.navigation.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "portal.core.templatetags.ui",
                "portal.core.templatetags.lists",
                "template_partials.templatetags.partials",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# SQLite takes its write lock at BEGIN: a transaction that reads first and writes later would otherwise fail with
# "database is locked" instead of waiting.
DATABASES = {"default": env.db_url_config(required("DATABASE_URL"))}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A server that vanishes without a word is noticed within half a minute.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        **DATABASES["default"].get("OPTIONS", {}),  # what the address itself says
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
REDIS_WAIT_SECONDS = 1.0  # for one answer to whoever has a person waiting
CACHES = {
    "default": {"BACKEND": "portal.core.caching.SteadyRedisCache", "LOCATION": REDIS_URL},
    "sessions": {"BACKEND": "portal.core.caching.SessionCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "sessions"},
}
if TESTING or env.bool("LOCAL_CACHE", default=False):
    CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in CACHES}

# People ------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    if not TESTING
    else "django.contrib.auth.hashers.MD5PasswordHasher"
]
CSRF_FAILURE_VIEW = "portal.core.htmx.csrf_failed"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "portal.accounts.adapter.InvitationOnly"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an account exists only by an accepted invitation, which proved the address
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Limits count by the visitor's address, which the proxy in front of the portal knows.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0 if DEVELOPMENT else 1)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
MFA_TOTP_ISSUER = "in4it portal"
MFA_ADAPTER = "portal.accounts.adapter.EncryptedMfa"

DEFAULT_FROM_EMAIL = required("DEFAULT_FROM_EMAIL")
vars().update(env.email_url_config(required("EMAIL_URL")))
EMAIL_TIMEOUT = 20  # seconds for each answer of the mail server

# Security ----------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_CACHE_ALIAS = "sessions"
if not DEVELOPMENT:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# Pages -------------------------------------------------------------------------------------------------------------
# Every string is marked for translation; English is what there is so far.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Brussels"
USE_I18N = True
USE_TZ = True
DATE_FORMAT = "j F Y"
SHORT_DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j F Y, H:i"
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "portal.core.frontend.NodeModulesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / ".dev" / "media")))
WHITENOISE_USE_FINDERS = DEVELOPMENT
WHITENOISE_AUTOREFRESH = DEVELOPMENT
PAGE_SIZE = 50

# Background work ---------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# Threads, because a worker mostly waits: decision 0014 has the figures. Nobody cuts a thread off, so each wait has its
# own bound (the broker's and Redis's here, AWS's in provisioning/aws/session.py, the database's in portal/celery.py).
WORKER_THREADS = env.int("WORKER_THREADS", default=16)
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = WORKER_THREADS
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker whose broker is away tries for as long as it takes
# A page must not wait for a broker that is away or silent: the row is saved, and the tick sends its task later.
# A worker waits for messages in its event loop, where no socket's timeout counts.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "max_retries": 0,
    "socket_timeout": REDIS_WAIT_SECONDS,
    "socket_connect_timeout": REDIS_WAIT_SECONDS,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
# Seconds after which a step asks nothing more of AWS, and is done again; the last question may take STEP.bound longer.
WORK_STEP_SECONDS: float = env.float("WORK_STEP_SECONDS", default=15)
# Seconds without a sign of life after which a running piece of work is picked up again; more than a step may take.
WORK_STALE_SECONDS = env.float("WORK_STALE_SECONDS", default=45)
# Seconds between two looks at AWS while something moves there.
POLL_SECONDS = env.float("POLL_SECONDS", default=3)
# The same while a release is rolled out: one call asks for ten services.
LOOK_SECONDS = env.float("LOOK_SECONDS", default=1)
# Seconds for which a release is watched after its rollout has succeeded.
AFTER_WATCH_SECONDS = env.float("AFTER_WATCH_SECONDS", default=120)
# Seconds between two questions to each public address, from outside (deployments/availability); 0: none is asked.
ASK_SECONDS = env.float("ASK_SECONDS", default=60)
WORK_TICK_SECONDS = env.float("WORK_TICK_SECONDS", default=15)
# Seconds after which what leaves the house is handed over again: the first time, then twice as long each time.
OUTGOING_RETRY_SECONDS = env.float("OUTGOING_RETRY_SECONDS", default=60)
# The worker of these queues, which waits for jobs, sets longer waits itself.
_RQ_WAITS = urlencode({"socket_timeout": REDIS_WAIT_SECONDS, "socket_connect_timeout": REDIS_WAIT_SECONDS})
_RQ_URL = f"{REDIS_URL}{'&' if '?' in REDIS_URL else '?'}{_RQ_WAITS}"
RQ_QUEUES = {name: {"URL": _RQ_URL, "DEFAULT_TIMEOUT": 120} for name in ("mail", "documents")}
RQ_SHOW_ADMIN_LINK = False

# AWS (shared by real and local AWS; only these settings differ between them) ---------------------------------------
AWS_ENDPOINT_URL = env.str("AWS_ENDPOINT_URL", default="")
PORTAL_AWS_ACCOUNT_ID = required("PORTAL_AWS_ACCOUNT_ID")
PORTAL_AWS_ACCESS_KEY_ID = env.str("PORTAL_AWS_ACCESS_KEY_ID", default="")
PORTAL_AWS_SECRET_ACCESS_KEY = env.str("PORTAL_AWS_SECRET_ACCESS_KEY", default="")
AWS_REGIONS = env.list("AWS_REGIONS", default=["eu-west-1", "eu-central-1", "eu-west-3", "eu-north-1"])
# Address of the registry as docker sees it, {account} filled in; empty = the name AWS gives the repository.
ECR_REGISTRY = env.str("ECR_REGISTRY", default="")
HOST_IMAGE_PARAMETER = env.str(
    "HOST_IMAGE_PARAMETER", default="/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
)
# How a load balancer is reached: {account}, {name} and {dns_name} are filled in.
LOAD_BALANCER_URL = env.str("LOAD_BALANCER_URL", default="http://{dns_name}/")

# Consul ------------------------------------------------------------------------------------------------------------
CONSUL_URL = env.str("CONSUL_URL", default="")  # empty: the configuration pages say that no Consul is set up
CONSUL_TOKEN = env.str("CONSUL_TOKEN", default="")
# Where running tasks reach it. Empty says something here: they are told of none.
CONSUL_TASK_URL = os.environ.get("CONSUL_TASK_URL", CONSUL_URL)

# Support -----------------------------------------------------------------------------------------------------------
SUPPORT_PHONE = required("SUPPORT_PHONE")
SUPPORT_EMAIL = required("SUPPORT_EMAIL")

# Who bills (frozen into every issued invoice) ----------------------------------------------------------------------
SELLER = {
    "name": required("SELLER_NAME"),
    "legal_form": required("SELLER_LEGAL_FORM"),
    "address": required("SELLER_ADDRESS"),
    "country": env.str("SELLER_COUNTRY", default="BE"),
    "vat_number": required("SELLER_VAT_NUMBER"),
    "enterprise_number": required("SELLER_ENTERPRISE_NUMBER"),
    "court": required("SELLER_COURT"),
    "iban": required("SELLER_IBAN"),
    "bic": required("SELLER_BIC"),
    "email": required("SELLER_EMAIL"),
}
PAYMENT_DAYS = env.int("PAYMENT_DAYS", default=30)

LOG_JSON = env.bool("LOG_JSON", default=not DEVELOPMENT)
LOGGING = configure(json=LOG_JSON, level=env.str("LOG_LEVEL", default="INFO"))
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# Picked up every WORK_TICK_SECONDS: what no worker owns (killed worker, lost Redis). A tick that waited until the next
# one was sent is dropped: workers that were away are not flooded with old ticks.
TICKS = ("core.tick_work", "core.tick_outbox", "deployments.tick_deployments")
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": WORK_TICK_SECONDS, "options": {"expires": WORK_TICK_SECONDS}} for task in TICKS
}
if ASK_SECONDS:
    CELERY_BEAT_SCHEDULE["deployments.tick_availability"] = {
        "task": "deployments.tick_availability",
        "schedule": ASK_SECONDS,
        "options": {"expires": ASK_SECONDS},
    }

required.refuse()
