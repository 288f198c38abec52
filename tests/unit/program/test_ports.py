"""A port is the default one, a free one, or exactly the requested one."""

import socket

import pytest

from cadenza.embedded.ports import CANDIDATES, choose_port, free_port
from cadenza.errors import StartError


def test_the_default_port_is_used_while_it_is_free() -> None:
    usual = free_port()
    assert choose_port("--api-port", None, usual, set()) == usual


def test_a_default_port_in_use_is_replaced_by_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        usual = other.getsockname()[1]
        assert choose_port("--api-port", None, usual, set()) != usual


def test_a_port_in_use_on_all_addresses_counts_as_in_use() -> None:
    with socket.create_server(("0.0.0.0", 0)) as other, pytest.raises(StartError, match="taken by another program"):
        choose_port("--api-port", other.getsockname()[1], 8000, set())


def test_a_requested_port_is_that_port_or_an_error() -> None:
    named = free_port()
    assert choose_port("--api-port", named, 8000, set()) == named
    with socket.create_server(("127.0.0.1", named)), pytest.raises(StartError) as refused:
        choose_port("--api-port", named, 8000, set())
    assert str(refused.value) == f"--api-port {named}: the port is taken by another program"


def test_one_port_for_two_servers_is_refused() -> None:
    taken: set[int] = set()
    named = choose_port("--api-port", free_port(), 8000, taken)
    with pytest.raises(StartError, match=f"--smtp-port {named}: given twice"):
        choose_port("--smtp-port", named, 1025, taken)


def test_zero_gives_a_free_port_outside_the_range_of_connections() -> None:
    taken: set[int] = set()
    ports = [choose_port("--api-port", 0, 8000, taken) for _ in range(20)]
    assert len(set(ports)) == 20
    assert set(ports) <= set(CANDIDATES)
