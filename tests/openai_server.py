"""A small OpenAI-compatible server on this machine, and the same as if it stood elsewhere.

It answers `question` where the last message ends with a question mark. Named as a proxy it also answers
for an address where nobody lives, so that a call to another machine runs whole and leaves nothing.
"""

import http.server
import json
import math
import threading
from contextlib import contextmanager

ELSEWHERE = "http://192.0.2.1/v1"  # TEST-NET-1, RFC 5737


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        content = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, content))
        body = json.dumps(self.server.answer(content)).encode()
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def question_or_reflection(content):
    asked = content["messages"][-1]["content"].rstrip().endswith("?")
    p = 0.7 if asked else 0.1
    tokens = {"question": p, " reflection": 0.8 - p, "quest": 0.05, "re": 0.04, "The": 0.02}
    top = [{"token": token, "logprob": math.log(x)} for token, x in tokens.items()]
    return {"choices": [{"logprobs": {"content": [{"top_logprobs": top}]}}]}


@contextmanager
def model_server(answer=question_or_reflection, status=200):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.asked, server.answer, server.status = [], answer, status
        server.endpoint = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def model_elsewhere(monkeypatch):
    """The server, reached by way of a proxy under `ELSEWHERE`."""
    with model_server() as server:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield server
