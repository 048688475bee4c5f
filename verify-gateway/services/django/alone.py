"""MLflow's webhooks, verified by this process itself. Repetitions are not recognised."""

import base64, hashlib, hmac, os, re, time
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

SECRET = os.environ["MLFLOW_WEBHOOK_SECRET"].encode()
LIMIT = 4 * 1024 * 1024


@csrf_exempt  # The signature is what says who sends it.
@require_POST
def on_delivery(request):
    # WSGI makes one value of a header that is doubled, which is no signature then.
    values = [request.headers.get(f"X-MLflow-{name}", "") for name in ("Signature", "Delivery-Id", "Timestamp")]
    signature, delivery_id, signed_at = values
    is_sound = re.fullmatch(r"[!-\-/-~]{1,64}", delivery_id) and re.fullmatch(r"[1-9][0-9]{0,18}", signed_at)
    if not is_sound or abs(int(time.time()) - int(signed_at)) > 300:
        return HttpResponse(status=401)
    body = request.read(LIMIT + 1)  # The bytes as they came, before any parser.
    tag = hmac.digest(SECRET, f"{delivery_id}.{signed_at}.".encode() + body, hashlib.sha256)
    if len(body) > LIMIT or not hmac.compare_digest(b"v1," + base64.b64encode(tag), signature.encode("latin-1")):
        return HttpResponse(status=413 if len(body) > LIMIT else 401)
    print(body, flush=True)
    return HttpResponse(status=204)


urlpatterns = [path("webhooks", on_delivery)]
# Of a project of your own: what stands above goes into `views.py` and `urls.py`.
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"])
app = get_wsgi_application()
