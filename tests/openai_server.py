"""A small OpenAI-compatible server on this machine, and the same as if it stood elsewhere.

It answers `question` where the last message ends with a question mark, or, over the real SmolLM2
(`smollm2_answers`), what that model says: freely, or in the form of a JSON schema. Named as a proxy it also
answers for an address where nobody lives, so that a call to another machine runs whole and leaves nothing.
What servers do wrong is played by `Trouble`: busy, broken, slow, answering nonsense.
"""

import http.server
import json
import math
import socketserver
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

ELSEWHERE = "http://192.0.2.1/v1"  # TEST-NET-1, RFC 5737


@dataclass(frozen=True)
class Trouble:
    """One answer that is not what was asked for: after `seconds`, with a status, headers and a body."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    body: bytes = b"<html>Bad gateway</html>"
    seconds: float = 0.0

    @classmethod
    def error(cls, status, code="", **headers):
        body = json.dumps({"error": {"code": code, "message": "You are tired."}}).encode()
        return cls(status, {name.replace("_", "-"): x for name, x in headers.items()}, body)


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        content = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, content))
        played = self.server.trouble.pop(0) if self.server.trouble else None
        if played is None:
            played = self.server.answer(content)
        if not isinstance(played, Trouble):
            played = Trouble(self.server.status, {}, json.dumps(played).encode())
        time.sleep(played.seconds)
        self.send_response(played.status)
        for name, value in played.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(played.body)))
        self.end_headers()
        try:
            self.wfile.write(played.body)
        except BrokenPipeError:  # who asked did not wait
            return
        self.server.answered += 1

    def log_message(self, *_):
        pass


def question_or_reflection(content):
    asked = content["messages"][-1]["content"].rstrip().endswith("?")
    p = 0.7 if asked else 0.1
    tokens = {"question": p, " reflection": 0.8 - p, "quest": 0.05, "re": 0.04, "The": 0.02}
    top = [{"token": token, "logprob": math.log(x)} for token, x in tokens.items()]
    return {"choices": [{"logprobs": {"content": [{"top_logprobs": top}]}}]}


def saying(text, **choice):
    """A completion that says `text`."""
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop", **choice}]}


def smollm2_answers(model, *, schema=True, logprobs=True):
    """What SmolLM2 answers; a schema of one label or the wish for log-probabilities may be unknown to it.

    In the form of a schema the model can only say one of its labels: the likeliest. The log-probabilities
    told are those of the label, given the beginning that all share.
    """
    lock = threading.Lock()  # one model for all threads of the server

    def answer(content):
        form = content.get("response_format")
        if (form and not schema) or ("logprobs" in content and not logprobs):
            return Trouble.error(400, "unknown_parameter")
        with lock:
            if not form:
                return saying(model.complete(content["messages"], max_tokens=content["max_tokens"]))
            return in_form(content, form["json_schema"]["schema"]["properties"]["label"]["enum"])

    def in_form(content, labels):
        spelled = [json.dumps({"label": label}) for label in labels]
        scores = model.score_options([content["messages"]], spelled)[0]
        shares = dict(zip(labels, scores - scores.max(), strict=True))
        total = math.log(sum(math.exp(s) for s in shares.values()))
        best = max(shares, key=shares.get)
        top = [{"token": x, "logprob": float(s - total)} for x, s in shares.items()]
        tokens = [{"token": '{"label": "'}, {"token": best, "top_logprobs": top}, {"token": '"}'}]
        told = {"logprobs": {"content": tokens}} if "logprobs" in content else {}
        return saying(json.dumps({"label": best}), **told)

    return answer


@contextmanager
def model_server(answer=question_or_reflection, status=200, trouble=()):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.asked, server.answer, server.status = [], answer, status
        server.trouble, server.answered = list(trouble), 0
        server.endpoint = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@contextmanager
def talking_at_a_port(said):
    """The address of something that hears a request, says these bytes whatever it was, and hangs up."""

    class Says(socketserver.StreamRequestHandler):
        def handle(self):
            self.request.recv(1 << 16)
            self.wfile.write(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Says) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()


@contextmanager
def model_elsewhere(monkeypatch, answer=question_or_reflection):
    """The server, reached by way of a proxy under `ELSEWHERE`."""
    with model_server(answer) as server:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        yield server
