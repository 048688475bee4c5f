import json
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST


@csrf_exempt
@require_POST
def on_delivery(request):
    event, headers = json.loads(request.body), request.headers
    print(headers["Verify-Sender"], headers["Verify-Key"], headers["Verify-Attempt"], event, flush=True)
    return HttpResponse(status=204)


urlpatterns = [path("webhooks", on_delivery)]
# Of a project of your own: what stands above goes into `views.py` and `urls.py`, and of this the limit of bodies into
# `settings.py`. Without it Django answers 400 to what is larger than 2.5 MB, which loses a delivery.
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], DATA_UPLOAD_MAX_MEMORY_SIZE=4 * 1024 * 1024)
app = get_wsgi_application()
