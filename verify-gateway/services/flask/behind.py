from flask import Flask, request

app = Flask(__name__)


@app.post("/webhooks")
def on_delivery():
    event = request.get_json()
    print(request.headers["Verify-Sender"], request.headers["Verify-Key"], request.headers["Verify-Attempt"], event, flush=True)
    return "", 204
