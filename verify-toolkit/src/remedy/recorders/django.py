# In a module of yours, such as recording.py; the first line of MIDDLEWARE in the settings is "recording.record" then.
import base64, json

def record(get_response):
    def recording(request):
        taken = {"origin": "django", "method": request.method, "path": request.get_full_path(), "headers": list(request.headers.items()),
                 "body_base64": base64.b64encode(request.body).decode()}
        with open("delivery.json", "w") as file:
            json.dump(taken, file)
        return get_response(request)
    return recording
