# SPDX-License-Identifier: MIT
"""The workspace of the lab and the services it needs: names, addresses, tags, zones.

One table from which zones, certificates, web server, packet filter and faults are made. Public
addresses imitate Azure's; they exist only inside the namespaces.
"""

import dataclasses

REGION = "westeurope"
STORAGE = "amlstore"
REGISTRY = "amlreg"
VAULT = "amlvault"
WORKSPACE = "mlws"
WORKSPACE_ID = "6f1c2a34-8b5d-4e7f-9a01-c23456789abc"
INSTANCE = "ci1"
TENANT = "72a9c1d0-3f4b-4a5e-8c6d-0e1f2a3b4c5d"

COMPUTE_SUBNET = "10.20.1.0/24"
COMPUTE = "10.20.1.4"
GATEWAY = "10.20.1.1"
ENDPOINT_SUBNET = "10.20.9.0/24"

PLATFORM_DNS = "168.63.129.16"
IMDS = "169.254.169.254"
PUBLIC_DNS = "40.90.4.53"
CUSTOM_DNS = "10.50.0.53"
GARBAGE_DNS = "10.50.0.66"
ONE_EARED_DNS = "10.50.0.67"  # deaf to questions for IPv4 addresses
DEAD_DNS = "10.50.0.99"
PROXY = "10.50.0.10"
PROXY_PORT = 3128
PROXY_AUTH_PORT = 3129
PROXY_URL = f"http://{PROXY}:{PROXY_PORT}"

INTERNET = "151.101.0.10"
INTERNET6 = "2a04:4e42::10"
INTERNET_HOSTS = ("www.example.net", "archive.example.org", "exfil.example.com")
MANY_HOST = "many.example.net"  # more addresses than a 512-byte answer holds
MANY_ADDRESSES = tuple(f"151.101.0.{n}" for n in range(100, 140))

# Service tag -> prefixes, in the manner of the weekly file of service tags.
TAGS = {
    "AzureActiveDirectory": ("20.190.128.0/24", "2603:1020:190::/48"),
    "AzureResourceManager": ("20.43.120.0/24", None),
    "AzureFrontDoor": ("13.107.246.0/24", None),
    "AzureMachineLearning": ("20.61.240.0/24", None),
    "BatchNodeManagement": ("20.61.241.0/24", None),
    "Storage": ("20.60.0.0/24", "2603:1020:60::/48"),
    "AzureContainerRegistry": ("13.69.64.0/24", None),
    "MicrosoftContainerRegistry": ("204.79.197.0/24", "2603:1020:204::/48"),
    "AzureKeyVault": ("13.69.67.0/24", "2603:1020:67::/48"),
    "AzureMonitor": ("20.50.88.0/24", None),
    "Internet": ("151.101.0.0/24", "2a04:4e42::/32"),
    "AzureDnsPublic": ("40.90.4.0/24", None),
}


@dataclasses.dataclass(frozen=True)
class Service:
    """One front end: its names, where it listens, and its private endpoint if it can have one."""

    name: str
    hosts: tuple
    sans: tuple  # names its certificate carries
    tag: str
    ipv4: str
    ipv6: str = None
    suffix: str = None  # the end of the host that the private-link zone replaces
    zone: str = None
    private: str = None
    stamp: str = None  # the name at the end of the public chain

    def alias(self, host):
        """The privatelink name a host is an alias of once an approved endpoint exists."""
        return host.removesuffix(self.suffix) + self.zone


def _storage(sub, number, private):
    suffix = f"{sub}.core.windows.net"
    return Service(
        name=sub, hosts=(f"{STORAGE}.{suffix}",), sans=(f"*.{suffix}",), tag="Storage",
        ipv4=f"20.60.0.{number}", ipv6=f"2603:1020:60::{number}", suffix=suffix,
        zone=f"privatelink.{suffix}", private=private,
        stamp=f"{sub}.ams23prdstr01a.store.core.windows.net")


SERVICES = (
    Service("login", ("login.microsoftonline.com",), ("login.microsoftonline.com",),
            "AzureActiveDirectory", "20.190.128.10", "2603:1020:190::10"),
    Service("graph", ("graph.microsoft.com", "graph.windows.net"),
            ("graph.microsoft.com", "graph.windows.net"), "AzureActiveDirectory", "20.190.128.20"),
    Service("arm", ("management.azure.com",), ("management.azure.com",),
            "AzureResourceManager", "20.43.120.10"),
    Service("studio", ("ml.azure.com",), ("ml.azure.com",), "AzureFrontDoor", "13.107.246.10"),
    Service("aml-region", (f"{REGION}.api.azureml.ms", f"{REGION}.experiments.azureml.net"),
            (f"{REGION}.api.azureml.ms", f"{REGION}.experiments.azureml.net"),
            "AzureMachineLearning", "20.61.240.10"),
    Service("aml-workspace",
            (f"{WORKSPACE_ID}.workspace.{REGION}.api.azureml.ms",
             f"{WORKSPACE_ID}.workspace.{REGION}.cert.api.azureml.ms"),
            (f"*.workspace.{REGION}.api.azureml.ms", f"*.workspace.{REGION}.cert.api.azureml.ms"),
            "AzureMachineLearning", "20.61.240.11", suffix="api.azureml.ms",
            zone="privatelink.api.azureml.ms", private="10.20.9.5"),
    Service("notebooks", (f"ml-{WORKSPACE}-{REGION}-{WORKSPACE_ID}.{REGION}.notebooks.azure.net",),
            (f"*.{REGION}.notebooks.azure.net",), "AzureMachineLearning", "20.61.240.12",
            suffix="notebooks.azure.net", zone="privatelink.notebooks.azure.net",
            private="10.20.9.6"),
    # An instance's name leads to the private endpoint of its workspace.
    Service("instance", (f"{INSTANCE}.{REGION}.instances.azureml.ms",),
            (f"*.{REGION}.instances.azureml.ms",), "AzureMachineLearning", "20.61.240.13",
            suffix="instances.azureml.ms", zone="privatelink.api.azureml.ms",
            private="10.20.9.5"),
    Service("tundra", (f"{REGION}.tundra.azureml.ms",), (f"{REGION}.tundra.azureml.ms",),
            "AzureMachineLearning", "20.61.240.14"),
    Service("batch", (f"{REGION}.batch.azure.com", f"{REGION}.service.batch.azure.com"),
            (f"{REGION}.batch.azure.com", f"{REGION}.service.batch.azure.com"),
            "BatchNodeManagement", "20.61.241.10"),
    _storage("blob", 10, "10.20.9.10"),
    _storage("queue", 11, "10.20.9.11"),
    _storage("table", 12, "10.20.9.12"),
    _storage("file", 13, "10.20.9.13"),
    _storage("dfs", 14, "10.20.9.14"),
    Service("acr", (f"{REGISTRY}.azurecr.io",), ("*.azurecr.io",), "AzureContainerRegistry",
            "13.69.64.10", suffix="azurecr.io", zone="privatelink.azurecr.io",
            private="10.20.9.20"),
    Service("acr-data", (f"{REGISTRY}.{REGION}.data.azurecr.io",), (f"*.{REGION}.data.azurecr.io",),
            "AzureContainerRegistry", "13.69.64.11", suffix="azurecr.io",
            zone="privatelink.azurecr.io", private="10.20.9.21"),
    Service("mcr", ("mcr.microsoft.com",), ("mcr.microsoft.com",), "MicrosoftContainerRegistry",
            "204.79.197.10", "2603:1020:204::10"),
    Service("mcr-data", (f"{REGION}.data.mcr.microsoft.com", "eastus.data.mcr.microsoft.com"),
            ("*.data.mcr.microsoft.com",), "MicrosoftContainerRegistry", "204.79.197.11"),
    Service("vault", (f"{VAULT}.vault.azure.net",), ("*.vault.azure.net", "*.vaultcore.azure.net"),
            "AzureKeyVault", "13.69.67.10", "2603:1020:67::10", suffix="vault.azure.net",
            zone="privatelink.vaultcore.azure.net", private="10.20.9.30",
            stamp="data-prod-weu.vaultcore.azure.net"),
    Service("monitor",
            ("dc.applicationinsights.azure.com", "dc.applicationinsights.microsoft.com",
             "dc.services.visualstudio.com", f"{REGION}-5.in.applicationinsights.azure.com"),
            ("dc.applicationinsights.azure.com", "dc.applicationinsights.microsoft.com",
             "dc.services.visualstudio.com", "*.in.applicationinsights.azure.com"),
            "AzureMonitor", "20.50.88.10"),
    Service("internet", INTERNET_HOSTS + (MANY_HOST,),
            ("*.example.net", "*.example.org", "*.example.com"), "Internet", INTERNET, INTERNET6),
)

BY_NAME = {service.name: service for service in SERVICES}
STORAGE_SERVICES = ("blob", "queue", "table", "file", "dfs")
PRIVATE_SERVICES = tuple(service for service in SERVICES if service.zone)
PRIVATE_ADDRESSES = tuple(sorted({service.private for service in PRIVATE_SERVICES}))

# Options of vnetprobe that describe this workspace.
OPTIONS = (
    "--cloud", "AzureCloud", "--region", REGION, "--workspace-id", WORKSPACE_ID,
    "--workspace-name", WORKSPACE, "--storage", STORAGE, "--container-registry", REGISTRY,
    "--key-vault", VAULT, "--compute-instance", INSTANCE,
)

# Checks whose service has a private endpoint in the private set-up.
PRIVATE_CHECKS = (
    "aml.workspace", "aml.workspace-cert", "aml.notebooks", "aml.instance", "jupyter.websocket",
    "storage.*", "acr.*", "keyvault",
)
PRIVATE_OPTIONS = (
    "--expect-private", ",".join(PRIVATE_CHECKS), "--expect-cidr", ENDPOINT_SUBNET,
)
