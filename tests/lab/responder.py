#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Answers of the services nobody else implements, as an unauthenticated caller gets them.

    responder.py azure ADDR:PORT     behind the TLS front; the Host header picks the service
    responder.py platform ADDR:PORT  IMDS or wire server, by address

Every answer says how sure it is: documented by the vendor, seen in public recordings, or only
believed. A test must not rest a verdict on a believed one.

With a header X-Lab-Mode the same answer misbehaves: `slow` waits three seconds, `silent` never
comes, `endless` has no last byte, `flood` carries four thousand header fields.
"""

import dataclasses
import email.utils
import http.server
import json
import re
import sys
import threading
import time
import urllib.parse
import uuid

TENANT = "72a9c1d0-3f4b-4a5e-8c6d-0e1f2a3b4c5d"
REGION = "westeurope"
ENDPOINTS = "10.20.9."  # addresses of private endpoints
DOCUMENTED, SEEN, BELIEVED = "documented", "seen", "believed"


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    body: str = ""
    headers: tuple = ()
    kind: str = "application/json; charset=utf-8"
    mark: str = BELIEVED


def request_id():
    return str(uuid.uuid4())


def error(code, message):
    return json.dumps({"error": {"code": code, "message": message}})


def login(path):
    """Entra ID: discovery needs no credentials (seen)."""
    headers = (("x-ms-request-id", request_id()), ("x-ms-ests-server", "2.1.22222.1 - WEULR1 ProdSlices"),
               ("x-ms-srs", "1.P"), ("P3P", 'CP="DSP CUR OTPi IND OTRi ONL FIN"'),
               ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
               ("Set-Cookie", "fpc=lab; path=/; secure; HttpOnly"),
               ("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; HttpOnly"))
    issuer = f"https://login.microsoftonline.com/{TENANT}/v2.0"
    if "/.well-known/openid-configuration" in path:
        return Answer(200, json.dumps({
            "token_endpoint": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            "issuer": issuer, "tenant_region_scope": None}), headers, mark=SEEN)
    if path.startswith("/common/discovery/instance"):
        return Answer(200, json.dumps({
            "tenant_discovery_endpoint": issuer + "/.well-known/openid-configuration",
            "api-version": "1.1", "metadata": [{
                "preferred_network": "login.microsoftonline.com",
                "preferred_cache": "login.windows.net",
                "aliases": ["login.microsoftonline.com", "login.windows.net"]}]}), headers, mark=SEEN)
    return Answer(404, "", headers)


def graph(path):
    """Microsoft Graph without a token (believed)."""
    del path
    number = request_id()
    return Answer(401, error("InvalidAuthenticationToken", "Access token is empty."),
                  (("request-id", number), ("client-request-id", number),
                   ("x-ms-ags-diagnostic", '{"ServerInfo":{"DataCenter":"West Europe"}}'),
                   ("WWW-Authenticate", "Bearer realm=\"\", authorization_uri="
                    "\"https://login.microsoftonline.com/common/oauth2/authorize\"")))


def arm(path):
    """Azure Resource Manager without a token (seen)."""
    del path
    number = request_id()
    return Answer(401, error("AuthenticationFailed", "Authentication failed. The 'Authorization' "
                             "header is missing."),
                  (("WWW-Authenticate",
                    f'Bearer authorization_uri="https://login.windows.net/{TENANT}", '
                    'error="invalid_token", error_description="The authentication failed because '
                    'of missing \'Authorization\' header."'),
                   ("x-ms-request-id", number), ("x-ms-correlation-request-id", number),
                   ("x-ms-failure-cause", "gateway"),
                   ("x-ms-routing-request-id", f"WESTEUROPE:20260101T000000Z:{number}")), mark=SEEN)


def studio(path):
    """Studio's start page (believed)."""
    del path
    return Answer(200, "<!doctype html><html><head><title>Azure Machine Learning studio</title></head>"
                  "<body></body></html>", (("x-azure-ref", request_id()),
                                           ("x-ms-request-id", request_id())), kind="text/html")


def aml(path):
    """Regional and workspace API: headers seen, the status of an anonymous call believed."""
    headers = (("x-aml-cluster", f"vienna-{REGION}-01"), ("x-request-time", "0.012"),
               ("Request-Context", "appId=cid-v1:00000000-0000-0000-0000-000000000001"))
    if path.split("?")[0] == "/discovery":
        base = f"https://{REGION}.api.azureml.ms"
        return Answer(200, json.dumps({"api": base, "catalog": base, "history": base}),
                      headers + (("x-ms-response-type", "standard"),), mark=SEEN)
    return Answer(401, json.dumps({"error": {"code": "UserError", "message": "Bearer token not provided.",
                                             "innerError": {"code": "AuthorizationError"}},
                                   "correlation": {"operation": request_id()}, "environment": REGION}),
                  headers + (("x-ms-response-type", "error"),), mark=SEEN)


def sign_in(path):
    """Notebooks and compute instances send a browser to sign in (seen for instances)."""
    del path
    return Answer(302, "", (("Location", f"https://login.microsoftonline.com/{TENANT}/oauth2/authorize"),
                            ("x-ms-request-id", request_id())), kind="text/html", mark=SEEN)


def instance(path):
    """A compute instance: Jupyter behind the sign-in; its API refuses with 403 (believed)."""
    if path.startswith(("/api/", "/terminals/")):
        return Answer(403, json.dumps({"message": "Forbidden", "reason": None}),
                      (("Server", "TornadoServer/6.2"), ("x-ms-request-id", request_id())))
    return sign_in(path)


def batch(path):
    """Batch node management (believed)."""
    del path
    return Answer(401, json.dumps({"odata.metadata": f"https://{REGION}.batch.azure.com/$metadata#Microsoft."
                                   "Azure.Batch.Protocol.Entities.Container.errors/@Element",
                                   "code": "AuthenticationFailed", "message": {
                                       "lang": "en-US", "value": "Server failed to authenticate the request."}}),
                  (("request-id", request_id()), ("Server", "Microsoft-HTTPAPI/2.0"),
                   ("DataServiceVersion", "3.0")),
                  kind="application/json;odata=minimalmetadata")


def vault(path, client, server):
    """Key Vault: health documented, the challenge and how it saw the caller seen."""
    seen_as = f"conn_type=Ipv4;addr={client};act_addr_fam=InterNetwork;"
    if server.startswith(ENDPOINTS):
        seen_as = (f"conn_type=PrivateLink;private_endpoint=/subscriptions/lab;addr={client};"
                   "act_addr_fam=InterNetworkV6;")
    headers = (("x-ms-keyvault-region", REGION), ("x-ms-client-request-id", request_id()),
               ("x-ms-request-id", request_id()), ("x-ms-keyvault-service-version", "1.9.2222.1"),
               ("x-ms-keyvault-network-info", seen_as),
               ("X-Content-Type-Options", "nosniff"),
               ("Strict-Transport-Security", "max-age=31536000;includeSubDomains"))
    if path.split("?")[0] == "/healthstatus":
        return Answer(200, "\"OK\"", headers, mark=DOCUMENTED)
    challenge = (("WWW-Authenticate", f'Bearer authorization="https://login.microsoftonline.com/{TENANT}", '
                  'resource="https://vault.azure.net"'),)
    return Answer(401, error("Unauthorized", "AKV10000: Request is missing a Bearer or PoP token."),
                  headers + challenge, mark=SEEN)


def monitor(path):
    """Application Insights ingestion: a GET is believed to be refused, the track body is seen."""
    if path.startswith("/v2/track"):
        return Answer(400, json.dumps({"itemsReceived": 1, "itemsAccepted": 0, "appId": None, "errors": [
            {"index": 0, "statusCode": 400, "message": "103: Field 'time' on type 'Envelope' is required."}]}),
                      (("x-ms-session-id", request_id()), ("Server", "Microsoft-HTTPAPI/2.0"),
                       ("Strict-Transport-Security", "max-age=31536000")), mark=SEEN)
    return Answer(404, "", (("Server", "Microsoft-HTTPAPI/2.0"), ("x-ms-request-id", request_id())))


def registry(path):
    """The login server of a registry when docker-registry is not installed (seen)."""
    del path
    return Answer(401, json.dumps({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required, "
                                               "visit https://aka.ms/acr/authorization for more information.",
                                               "detail": None}]}),
                  (("Docker-Distribution-Api-Version", "registry/2.0"),
                   ("Www-Authenticate", 'Bearer realm="https://amlreg.azurecr.io/oauth2/token",'
                    'service="amlreg.azurecr.io"')), mark=SEEN)


def anything(path):
    """Somebody's web server on the Internet."""
    del path
    return Answer(200, "<!doctype html><title>It works</title>", (("Server", "Apache"),), kind="text/html",
                  mark=DOCUMENTED)


AZURE = (
    (r"login\.microsoftonline\.com$", login),
    (r"graph\.(microsoft\.com|windows\.net)$", graph),
    (r"management\.azure\.com$", arm),
    (r"ml\.azure\.com$", studio),
    (r"(\.api\.azureml\.ms|\.experiments\.azureml\.net)$", aml),
    (r"\.notebooks\.azure\.net$", sign_in),
    (r"\.instances\.azureml\.ms$", instance),
    (r"\.batch\.azure\.com$", batch),
    (r"\.vault\.azure\.net$", vault),
    (r"(applicationinsights\.(azure|microsoft)\.com|\.visualstudio\.com)$", monitor),
    (r"\.azurecr\.io$", registry),
    (r"", anything),
)


def azure_answer(request):
    host = request.headers.get("Host", "").split(":")[0].lower()
    service = next(service for pattern, service in AZURE if re.search(pattern, host))
    if service is vault:
        return vault(request.path, request.headers.get("X-Lab-Client", ""),
                     request.headers.get("X-Lab-Server", ""))
    return service(request.path)


def imds_answer(request):
    """Instance metadata (documented)."""
    url = urllib.parse.urlsplit(request.path)
    query = urllib.parse.parse_qs(url.query)
    if request.headers.get("Metadata", "").lower() != "true":
        return Answer(400, json.dumps({"error": "Bad request. Required metadata header not specified"}),
                      mark=DOCUMENTED)
    if "api-version" not in query:
        return Answer(400, json.dumps({"error": "Bad request. api-version was not specified in the request",
                                       "newest-versions": ["2021-02-01"]}), mark=DOCUMENTED)
    if url.path.startswith("/metadata/identity"):
        return Answer(400, json.dumps({"error": "invalid_request",
                                       "error_description": "Identity not found"}))
    if not url.path.startswith("/metadata/instance"):
        return Answer(404, json.dumps({"error": "Not found"}), mark=DOCUMENTED)
    return Answer(200, json.dumps({
        "compute": {"azEnvironment": "AzurePublicCloud", "location": REGION, "name": "ci1",
                    "osType": "Linux", "vmId": "02aab8a4-74ef-476e-8182-f6d2ba4166a6",
                    "vmSize": "Standard_DS3_v2", "isHostCompatibilityLayerVm": "false"},
        "network": {"interface": [{
            "ipv4": {"ipAddress": [{"privateIpAddress": "10.20.1.4", "publicIpAddress": ""}],
                     "subnet": [{"address": "10.20.1.0", "prefix": "24"}]},
            "ipv6": {"ipAddress": []}, "macAddress": "000D3A000001"}]}}),
        (("Server", "IMDS/150.870.65.1854"),), mark=DOCUMENTED)


def wireserver_answer(request):
    """Wire server: the versions document (documented)."""
    if urllib.parse.parse_qs(urllib.parse.urlsplit(request.path).query).get("comp") != ["versions"]:
        return Answer(404, "", kind="text/xml")
    return Answer(200, '<?xml version="1.0" encoding="utf-8"?><Versions><Preferred><Version>2015-04-05'
                  "</Version></Preferred><Supported><Version>2015-04-05</Version><Version>2012-11-30"
                  "</Version></Supported></Versions>", kind="text/xml; charset=utf-8", mark=DOCUMENTED)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answer_for = staticmethod(azure_answer)

    def handle_request(self):
        mode = self.headers.get("X-Lab-Mode", "")
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(min(length, 1 << 20))
        if mode == "silent":
            time.sleep(60)
            self.close_connection = True
            return
        if mode == "slow":
            time.sleep(3)
        self.write_answer(self.answer_for(self), mode)

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = handle_request

    def write_answer(self, answer, mode):
        body = answer.body.encode()
        self.send_response_only(answer.status)
        self.send_header("Date", email.utils.formatdate(usegmt=True))
        for name, value in answer.headers:
            self.send_header(name, value)
        if mode == "flood":
            for number in range(4000):
                self.send_header(f"x-flood-{number}", "f" * 100)
        if mode == "endless":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        if body:
            self.send_header("Content-Type", answer.kind)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
            if mode == "endless":
                self.write_forever()

    def write_forever(self):
        """Until the peer has had enough, but never longer than half a minute."""
        self.close_connection = True
        end = time.monotonic() + 30
        try:
            while time.monotonic() < end:
                self.wfile.write(b"more of the same\n" * 1000)
                time.sleep(0.005)
        except OSError:
            pass

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        sys.stderr.write(f"{self.headers.get('Host', '-')} {format % args}\n")


class ImdsHandler(Handler):
    answer_for = staticmethod(imds_answer)


class WireHandler(Handler):
    answer_for = staticmethod(wireserver_answer)


class Listener(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def listen(address, port, handler):
    server = Listener((address, port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main(argv):
    if argv[1] == "azure":
        listen(argv[2], int(argv[3]), Handler)
    else:
        listen("169.254.169.254", 80, ImdsHandler)
        listen("168.63.129.16", 80, WireHandler)
        listen("168.63.129.16", 32526, WireHandler)
    # Ended by signal, by whoever started it.
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv)
