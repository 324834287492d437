# SPDX-License-Identifier: MIT
"""nginx as the TLS front of every service, and its faulty variants on ports of their own.

Port 443 is healthy. A fault leads the connections of one service to one of the other ports
(faults.py), so nothing is restarted to break or to mend it.
"""

from . import azure

RESPONDER = "http://127.0.0.1:8000"
REGISTRY = "http://127.0.0.1:5000"
JUPYTER = "http://127.0.0.1:8888"
AZURITE = {"blob": "http://127.0.0.1:10000", "queue": "http://127.0.0.1:10001",
           "table": "http://127.0.0.1:10002"}

# Port -> certificate of a front that is genuine but for what it presents.
EXPIRED, WRONG_NAME, UNTRUSTED, SELF_SIGNED, INCOMPLETE = 4431, 4432, 4433, 4434, 4435
CERTIFICATES = {EXPIRED: "expired", WRONG_NAME: "wrong-name", UNTRUSTED: "untrusted",
                SELF_SIGNED: "self-signed", INCOMPLETE: "incomplete"}
IMPOSTOR, DENIED, PLAIN_HTTP, TLS12_ONLY = 4436, 4437, 4438, 4439
STRIPPING = 4446  # a reverse proxy that knows nothing of upgrades
# Port -> how the responder behind a good front misbehaves (responder.py).
SLOW, ENDLESS, FLOOD, HTTP_SILENT = 4441, 4442, 4443, 4444
MODES = {SLOW: "slow", ENDLESS: "endless", FLOOD: "flood", HTTP_SILENT: "silent"}

PREAMBLE = """
load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;
user root;
worker_processes 1;
daemon off;
pid {run}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  server_names_hash_bucket_size 128;
  ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path {run}/nginx/body;
  proxy_temp_path {run}/nginx/proxy;
  fastcgi_temp_path {run}/nginx/fastcgi;
  uwsgi_temp_path {run}/nginx/uwsgi;
  scgi_temp_path {run}/nginx/scgi;
  keepalive_timeout 30s;
  proxy_http_version 1.1;
  proxy_set_header Host $host;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-Proto https;
  proxy_set_header X-Lab-Client $seen_client;
  proxy_set_header X-Lab-Server $seen_server;
  # The services' own Server field, or none.
  more_set_headers "Server: $upstream_http_server";

  map $remote_addr $seen_client {{ 127.0.0.1 $http_x_lab_client; default $remote_addr; }}
  map $remote_addr $seen_server {{ 127.0.0.1 $http_x_lab_server; default $server_addr; }}
  map "$http_authorization$arg_sig" $storage_caller {{ "" anonymous; default known; }}
  map $http_x_ms_version $storage_version {{ "" old; default current; }}
  map "$storage_caller $storage_version" $storage_case {{ "anonymous old" old; default other; }}
  # The second group of a request id tells the sub-service (seen).
  map $host $storage_digits {{ ~\\.blob\\. 01e; ~\\.dfs\\. 01f; ~\\.queue\\. 003; ~\\.table\\. 002; default 01a; }}
  map $request_id $id_head {{ "~^(?<id1>.{{8}})(?<id2>.)" "$id1-$id2"; }}
  map $request_id $id_tail {{ "~^.{{9}}(?<id3>.{{4}})(?<id4>.{{4}})(?<id5>.{{6}})" "$id3-$id4-${{id5}}000000"; }}
"""

# Storage to callers without credentials. 401, 409 and 403 are recorded answers; 400 of the
# file service is believed.
STORAGE = """
    more_set_headers "Server: Microsoft-HTTPAPI/2.0" "x-ms-request-id: ${{id_head}}${{storage_digits}}-$id_tail";
    default_type application/xml;
    error_page 418 = @noauth;
    error_page 419 = @nopublic;
    error_page 420 = @badheader;
    location / {{
      {refusals}
      {known}
    }}
    location @noauth {{
      more_set_headers 'WWW-Authenticate: Bearer authorization_uri=https://login.microsoftonline.com/{tenant}/oauth2/authorize resource_id=https://storage.azure.com' "x-ms-error-code: NoAuthenticationInformation";
      return 401 '<?xml version="1.0" encoding="utf-8"?><Error><Code>NoAuthenticationInformation</Code><Message>Server failed to authenticate the request. Please refer to the information in the www-authenticate header.</Message></Error>';
    }}
    location @nopublic {{
      more_set_headers "x-ms-error-code: PublicAccessNotPermitted" "Server: Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0";
      return 409 '<?xml version="1.0" encoding="utf-8"?><Error><Code>PublicAccessNotPermitted</Code><Message>Public access is not permitted on this storage account.</Message></Error>';
    }}
    location @badheader {{
      more_set_headers "x-ms-error-code: InvalidHeaderValue" "Server: Windows-Azure-File/1.0 Microsoft-HTTPAPI/2.0";
      return 400 '<?xml version="1.0" encoding="utf-8"?><Error><Code>InvalidHeaderValue</Code><Message>The value for one of the HTTP headers is not in the correct format.</Message></Error>';
    }}
"""

ANONYMOUS = 'if ($storage_caller = anonymous) {{ return {status}; }}'
OLD_VERSION = 'if ($storage_case = old) { return 419; }'

# A registry's own denial, as recorded: it names the address it saw.
DENIALS = """
    default_type application/xml;
    location / {
      if ($host ~ azurecr) { return 421; }
      more_set_headers "Server: Microsoft-HTTPAPI/2.0" "x-ms-request-id: ${id_head}${storage_digits}-$id_tail";
      return 403 '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthorizationFailure</Code><Message>This request is not authorized to perform this operation.\\nRequestId:${id_head}${storage_digits}-$id_tail</Message></Error>';
    }
    error_page 421 = @registry;
    location @registry {
      default_type application/json;
      more_set_headers "Server: openresty" "X-Ms-Correlation-Request-Id: $request_id";
      return 403 '{"errors":[{"code":"DENIED","message":"client with IP \\'$remote_addr\\' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."}]}';
    }
"""

REGISTRY_FACE = """
    more_set_headers "Server: openresty" "X-Ms-Correlation-Request-Id: $request_id" "Strict-Transport-Security: max-age=31536000; includeSubDomains";
    location ~ ^/v2/.+/blobs/ {{ return 307 https://{registry}.{region}.data.azurecr.io$request_uri; }}
    location / {{ proxy_pass {backend}; }}
"""

# Layer data: the status of a bare GET is believed.
DATA_FACE = """
    more_set_headers "x-ms-request-id: $request_id" "Server: Microsoft-HTTPAPI/2.0";
    default_type application/json;
    location / { return 404 '{"errors":[{"code":"NOT_FOUND"}]}'; }
"""

# Microsoft's registry is anonymous: 200 and {} (seen).
MCR_FACE = """
    more_set_headers "docker-distribution-api-version: registry/2.0" "x-ms-correlation-request-id: $request_id" "x-mcr-env: PROD" "x-msedge-ref: Ref A: $request_id Ref B: AMS" "x-azure-ref: $request_id";
    default_type application/json;
    location ~ ^/v2/.+/blobs/ { return 307 https://westeurope.data.mcr.microsoft.com$request_uri; }
    location /v2/ { return 200 '{}'; }
    location / { return 404; }
"""

WEBSOCKET = """proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection; proxy_read_timeout 60s;"""


def _responder(extra=""):
    return f"location / {{ {extra} proxy_pass {RESPONDER}; }}"


def _storage(service, have):
    if service.name == "file":
        refusals = ANONYMOUS.format(status=420)
    elif service.name == "blob":
        refusals = OLD_VERSION + ANONYMOUS.format(status=418)
    else:
        refusals = ANONYMOUS.format(status=418)
    known = "return 501;"
    if "azurite" in have and service.name in AZURITE:
        known = f"proxy_pass {AZURITE[service.name]};"
    return STORAGE.format(refusals=refusals, known=known, tenant=azure.TENANT)


def _face(service, have):
    """What stands inside the server block of a healthy service."""
    if service.name in azure.STORAGE_SERVICES:
        return _storage(service, have)
    if service.name == "acr":
        backend = REGISTRY if "docker-registry" in have else RESPONDER
        return REGISTRY_FACE.format(registry=azure.REGISTRY, region=azure.REGION, backend=backend)
    if service.name in ("acr-data", "mcr-data"):
        return DATA_FACE
    if service.name == "mcr":
        return MCR_FACE
    if service.name == "instance" and "jupyter-server" in have:
        # The sign-in stands before the pages; the API is Jupyter's own.
        return (f"location ~ ^/(api|terminals)/ {{ {WEBSOCKET} proxy_pass {JUPYTER}; }}"
                + _responder())
    return _responder()


def _server(listen, names, pki, certificate, body):
    lines = "".join(f"    listen {address};\n" for address in listen)
    tls = (f"    ssl_certificate {pki.pem(certificate)};\n"
           f"    ssl_certificate_key {pki.key(certificate)};\n") if certificate else ""
    return f"  server {{\n{lines}    server_name {names};\n{tls}{body}\n  }}\n"


def _both(port, options):
    return (f"{port} {options}", f"[::]:{port} {options}")


def config(run_dir, pki, have):
    """The whole configuration; have names the real back ends that are running."""
    parts = [PREAMBLE.format(run=run_dir)]
    # Names that nobody serves get a stranger's certificate and no answer.
    parts.append(_server(_both(443, "ssl http2 default_server"), "_", pki, "wrong-name",
                         "    return 444;"))
    for service in azure.SERVICES:
        parts.append(_server(_both(443, "ssl http2"), " ".join(service.sans), pki, service.name,
                             _face(service, have)))
    parts.append(_server(_both(80, "default_server"), "_", pki, None, _responder()))
    forward = (f"location / {{ {WEBSOCKET} proxy_ssl_server_name on; proxy_ssl_name $host; "
               "proxy_pass https://127.0.0.1:443; }")
    for port, certificate in CERTIFICATES.items():
        parts.append(_server(_both(port, "ssl http2"), "_", pki, certificate, forward))
    for port, mode in MODES.items():
        # Room for the flood, and nothing held back of what has no end.
        body = _responder(f"proxy_set_header X-Lab-Mode {mode}; proxy_buffer_size 1m; "
                          "proxy_buffers 4 1m; proxy_busy_buffers_size 2m; proxy_buffering off; "
                          "proxy_set_header Host $host; proxy_set_header X-Lab-Client $remote_addr; "
                          "proxy_set_header X-Lab-Server $server_addr;")
        parts.append(_server(_both(port, "ssl"), "_", pki, "everything", body))
    parts.append(_server(_both(DENIED, "ssl http2"), "_", pki, "everything", DENIALS))
    parts.append(_server(
        _both(IMPOSTOR, "ssl http2"), "_", pki, "everything",
        "    default_type text/html;\n    more_set_headers 'Server: Apache/2.4';\n"
        "    location / { return 200 '<!doctype html><title>Welcome</title>'; }"))
    parts.append(_server(_both(PLAIN_HTTP, ""), "_", pki, None, _responder()))
    parts.append(_server(_both(TLS12_ONLY, "ssl"), "_", pki, "everything",
                         "    ssl_protocols TLSv1.2;\n" + forward))
    parts.append(_server(_both(STRIPPING, "ssl"), "_", pki, "everything",
                         f"    location / {{ proxy_pass {JUPYTER}; }}"))
    return "".join(parts) + "}\n"
