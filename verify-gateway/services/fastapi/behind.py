from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/webhooks")
async def on_delivery(request: Request) -> Response:
    event = await request.json()
    print(request.headers["verify-sender"], request.headers["verify-key"], request.headers["verify-attempt"], event)
    return Response(status_code=204)
