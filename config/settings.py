"""Every setting of Ninefold, read from the environment and nowhere else.

One module for a laptop and for a cluster; what differs between them is variables (see .env.example).
Refuses to start without DATABASE_URL, REDIS_URL and SECRET_KEY: there is no default that is safe.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def required(name: str) -> str:
    """The variable `name`, or a sentence that says how to set it."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. `make demo` and `make test` set it for one machine; elsewhere see .env.example."
        )
    return value


def flag(name: str) -> bool:
    """True when the variable is 1, true or yes."""
    return os.environ.get(name, "").lower() in {"1", "true", "yes"}


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated variable as a list without empty words."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


# --- Which process this is. Only "chain" may hold the minter's key; config/checks.py holds it to that. ---
ROLE = os.environ.get("NINEFOLD_ROLE", "shell")
PRODUCTION = flag("PRODUCTION")

SECRET_KEY = required("SECRET_KEY")
DEBUG = False
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS", SITE_URL)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "gallery",
    "generation",
    "minting",
    "config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "minting.ipfs.gateway.own_origin",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.content_security_policy",
    "config.middleware.empty_refusals_get_a_page",
    "config.middleware.addresses_hold_no_nul",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gallery.context.site",
            ],
        },
    }
]

# --- The database is the truth; Redis carries nudges ---
DATABASES = {"default": dj_database_url.parse(required("DATABASE_URL"), conn_max_age=60, conn_health_checks=True)}
DATABASES["default"].setdefault("OPTIONS", {})["application_name"] = f"ninefold-{ROLE}"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = required("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # a message is a nudge: what it names is claimed in the database
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_ROUTES = {
    "generation.*": {"queue": "gpu"},
    "minting.pin": {"queue": "pin"},
    "minting.send": {"queue": "chain"},
    "minting.watch": {"queue": "chain"},
}

# --- People ---
AUTH_USER_MODEL = "gallery.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = False  # the proxy in front does it
BEHIND_PROXY = flag("BEHIND_TLS_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31_536_000 if SITE_URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "gallery.views.errors.csrf_failed"

# --- Words ---
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# --- Files ---
STATE_DIR = Path(os.environ.get("STATE_DIR", str(BASE_DIR / ".ninefold"))).resolve()
PICTURES_DIR = Path(os.environ.get("PICTURES_DIR", str(STATE_DIR / "pictures")))
CONTENT_STORE_DIR = Path(os.environ.get("CONTENT_STORE_DIR", str(STATE_DIR / "ipfs")))
DOCUMENTS_DIR = PICTURES_DIR / "documents"  # proofs of payment, for staff alone; there, so that a backup has them
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", str(STATE_DIR / "static")))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("htmx", BASE_DIR / "node_modules/htmx.org/dist"),
    ("newsreader", BASE_DIR / "node_modules/@fontsource-variable/newsreader"),
    ("gowun-batang", BASE_DIR / "node_modules/@fontsource/gowun-batang"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
UPLOAD_MAX_BYTES = 40 * 1024**2
CHECKS_PER_MINUTE = int(os.environ.get("CHECKS_PER_MINUTE", "12"))  # of pictures at /verify/, by one address
UPLOAD_MAX_PIXELS = 64_000_000  # 8000 x 8000

# --- Painting ---
MODEL = os.environ.get("MODEL", "ninefold-painter-4")
JOB_LEASE_SECONDS = int(os.environ.get("JOB_LEASE_SECONDS", "30"))
JOB_ATTEMPTS = 3
OUTPUT_PX = 1024
TRANSLATOR = os.environ.get("TRANSLATOR", "")  # a MarianMT or NLLB checkpoint; empty is the built-in dictionary
UPSCALER = os.environ.get("UPSCALER", "ninefold-painter-4")  # a model whose own super-resolution enlarges; or none
GPU_POOL = os.environ.get("GPU_POOL", "gpu")  # the queue of this gpu worker
MODELS_HERE = words("MODELS_HERE")  # what this gpu worker may load; none named: whatever its pool is asked for
# Which pool paints which model: MODEL_POOLS=karlo=gpu-a100,sdxl=gpu-a100; models that are not named go to "gpu".
MODEL_POOLS = dict(pair.split("=", 1) for pair in words("MODEL_POOLS") if "=" in pair)
JOBS_OPEN_PER_OWNER = int(os.environ.get("JOBS_OPEN_PER_OWNER", "200"))
PICTURES_PER_DAY = int(os.environ.get("PICTURES_PER_DAY", "2000"))
PICTURES_PER_MINUTE = int(os.environ.get("PICTURES_PER_MINUTE", "120"))

# --- Content credentials (C2PA): without a certificate the site makes one for trials, and its pages say so ---
CREDENTIALS_CERTIFICATE = os.environ.get("CREDENTIALS_CERTIFICATE", "")  # a chain in PEM, the signer's first
CREDENTIALS_KEY = os.environ.get("CREDENTIALS_KEY", "")  # its key in PEM, for the web process alone
CREDENTIALS_TIMESTAMPS = os.environ.get("CREDENTIALS_TIMESTAMPS", "")  # a timestamp authority (RFC 3161), or none
CREDENTIALS_TRUSTED = os.environ.get("CREDENTIALS_TRUSTED", "")  # authorities in PEM that /verify believes as well

# --- Chain ---
CHAIN_ID = int(os.environ.get("CHAIN_ID", "31337"))
RPC_URL = os.environ.get("RPC_URL", "http://127.0.0.1:8545")  # several with commas, the preferred one first
RPC_QUORUM = int(os.environ.get("RPC_QUORUM", "1"))  # how many of them must agree on what is read from blocks
EXPLORER_URL = os.environ.get("EXPLORER_URL", "").rstrip("/")  # where it is not the one that Ninefold knows
CHAIN_CONFIRMATIONS = int(os.environ.get("CHAIN_CONFIRMATIONS", "0" if CHAIN_ID == 31337 else "12"))
DEPLOYMENTS_DIR = Path(
    os.environ.get(
        "DEPLOYMENTS_DIR",
        str(STATE_DIR / "deployments" if CHAIN_ID == 31337 else BASE_DIR / "minting/solidity/deployments"),
    )
)
MAX_FEE_GWEI = int(os.environ.get("MAX_FEE_GWEI", "200"))
SITE_FEE_ADDRESS = os.environ.get("SITE_FEE_ADDRESS", "")
# Who may stop new sales; the admin of the contracts when empty. Read once, at deployment.
PAUSER_ADDRESS = os.environ.get("PAUSER_ADDRESS", "")
SITE_FEE_BPS = int(os.environ.get("SITE_FEE_BPS", "500"))
DEFAULT_DONATION_BPS = 1000
# Read by minting/transactions/signer.py in the chain role alone; never put into a settings value.
MINTER_VARIABLES = ("MINTER_KEYSTORE", "MINTER_PASSWORD_FILE", "MINTER_SIGNER_URL", "MINTER_SIGNER_ADDRESSES")
MINTER_LOW_ETHER = os.environ.get("MINTER_LOW_ETHER", "0.02")  # below it, /healthz says "low"
MINT_BATCH_MAX = int(os.environ.get("MINT_BATCH_MAX", "40"))  # waiting mints of one artist in one transaction
SIGNER_IN_FLIGHT_MAX = int(os.environ.get("SIGNER_IN_FLIGHT_MAX", "16"))  # what every node keeps of one account
TRANSACTIONS_PER_MINUTE = int(os.environ.get("TRANSACTIONS_PER_MINUTE", "0"))  # signed, by all signers; 0: no limit

# --- IPFS: the store on this machine always; a Kubo RPC as well where one is named ---
IPFS_API = os.environ.get("IPFS_API", "")
# Further places by name; tokens are in PINNING_TOKEN_<NAME>, a bucket's credentials where boto3 looks for them.
PINNING_SERVICES = words("PINNING_SERVICES")  # name=https://api.example/psa https://gateway.example
PINNING_ORIGINS = words("PINNING_ORIGINS")  # multiaddrs of our own node, for services to fetch from
BUCKETS = words("BUCKETS")  # name=s3://bucket/prefix?endpoint=https://s3.example&region=…&profile=…
PLACES_NEEDED = int(os.environ.get("PLACES_NEEDED", "0"))  # before mint or sale; 0: two where there are two
PLACE_CALLS_PER_SECOND = float(os.environ.get("PLACE_CALLS_PER_SECOND", "10"))
# A host of the gateway's own, such as https://ipfs.gallery.example: there HTML and SVG are shown, in a sandbox.
GATEWAY_ORIGIN = os.environ.get("GATEWAY_ORIGIN", "").rstrip("/")
ALLOWED_HOSTS += [urlsplit(GATEWAY_ORIGIN).hostname or ""] if GATEWAY_ORIGIN else []

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
