# The first line of the handler. In CloudWatch, the line that begins with { is what `verify explain` reads.
import json

def handler(event, context):
    print(json.dumps(event))
    return {"statusCode": 204}
