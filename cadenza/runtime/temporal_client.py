"""Connects to Temporal with the same configuration as Temporal's own tools.

`temporalio.envconfig` reads `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS*` and profile
files (`TEMPORAL_CONFIG_FILE`, `TEMPORAL_PROFILE`).
"""

from collections.abc import Mapping, Sequence

from temporalio.client import Client, Interceptor
from temporalio.envconfig import ClientConfig, ClientConnectConfig
from temporalio.runtime import Runtime

from cadenza.errors import StartError, one_line
from cadenza.runtime.payload_codec import data_converter
from cadenza.runtime.payload_keys import PayloadKeys

DEFAULT_ADDRESS = "localhost:7233"


async def connect_temporal(
    keys: PayloadKeys,
    *,
    lazy: bool = False,
    environment: Mapping[str, str] | None = None,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """Connects with the pydantic converter. `keys` encrypt what Temporal stores.

    `lazy` connects at the first call, so that the API starts and accepts leads while Temporal is down; a worker needs a
    connected client. `environment` replaces the process's environment, and `runtime` the SDK's default runtime
    (cadenza/runtime/temporal_sdk_runtime.py). Raises `StartError` if the configuration cannot be read or the server
    does not answer.
    """
    config = read_connect_config(environment)
    config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            **config, data_converter=data_converter(keys), lazy=lazy, runtime=runtime, interceptors=interceptors
        )
    except RuntimeError as error:
        where = f"{config.get('target_host')} (TEMPORAL_ADDRESS)"
        raise StartError(f"Temporal does not answer at {where}: {one_line(error)}") from error


def read_connect_config(environment: Mapping[str, str] | None = None) -> ClientConnectConfig:
    """Returns what `temporalio.envconfig` reads. Raises `StartError` if a variable or the file is invalid."""
    try:
        return ClientConfig.load_client_connect_config(override_env_vars=environment)
    except (RuntimeError, ValueError, OSError) as error:
        raise StartError(f"Temporal's TEMPORAL_* or its profile file: {one_line(error)}") from error
