"""What `aws s3 sync --dryrun` would do, asked in one process: the cases of the file sys.argv[1], one
JSON object a line; the answers go to stdout in the same way. A case's trees are made here, because
their times depend on those that the server gives."""
import contextlib
import io
import json
import os
import sys

import awscli.clidriver
import botocore.session

os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
client = botocore.session.get_session().create_client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])


# One for all: each new one would read all that aws knows of its services.
driver = awscli.clidriver.create_clidriver()


def make(case):
    """Objects first; a file's time is so many microseconds after its object's."""
    for name, size in case["remote"]:
        client.put_object(Bucket=case["bucket"], Key=case["prefix"] + "/" + name, Body=b"x" * size)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=case["bucket"], Prefix=case["prefix"] + "/")
    times = {}
    for page in pages:
        for found in page.get("Contents", []):
            times[found["Key"][len(case["prefix"]) + 1:]] = found["LastModified"].timestamp()
    for name, size, later in case["local"]:
        path = os.path.join(case["folder"], name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"y" * size)
        time = round(times.get(name, 1_700_000_000) * 1_000_000) * 1000 + later * 1000
        os.utime(path, ns=(time, time))


def told(case):
    line = ["s3", "sync", "--dryrun", *case["places"], *case["arguments"]]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = driver.main(line)
    if code != 0:
        raise SystemExit(f"{line} ended with {code}: {out.getvalue()}")
    return sorted(filter(None, (action(case, said) for said in out.getvalue().splitlines())))


def action(case, said):
    """As in "(dryrun) upload: here to there"; what is here is named from the working directory."""
    if not said.startswith("(dryrun) "):
        return None
    verb, rest = said[len("(dryrun) "):].split(": ", 1)
    place = rest.split(" to ")[1] if verb == "upload" else rest.split(" to ")[0]
    if place.startswith("s3://"):
        name = place[len(f"s3://{case['bucket']}/"):].split("/", 1)[1]
    else:
        name = os.path.relpath(os.path.abspath(place), case["folder"])
    return [verb, name]


for line in open(sys.argv[1], encoding="utf-8"):
    case = json.loads(line)
    make(case)
    print(json.dumps(told(case)), flush=True)
