import base64, json
from flask import request

@app.before_request
def record():
    taken = {"origin": "flask", "method": request.method, "path": request.full_path.rstrip("?"), "headers": list(request.headers),
             "body_base64": base64.b64encode(request.get_data()).decode()}
    with open("delivery.json", "w") as file:
        json.dump(taken, file)
