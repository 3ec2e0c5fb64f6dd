"""The Merkle tree against RFC 9162's own definitions, and against values that other implementations use."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ledger.merkle import Accumulator, inclusion_path, leaf_hash, root_of_path

# Leaves and roots of the reference tests of Certificate Transparency (google/certificate-transparency, merkle tree).
LEAVES = [bytes.fromhex(leaf) for leaf in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def defined(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


def root(leaves: list[bytes]) -> bytes:
    tree = Accumulator()
    for leaf in leaves:
        tree.add(leaf_hash(leaf))
    return tree.root()


def test_roots_are_those_of_certificate_transparency() -> None:
    assert [root(LEAVES[:size]).hex() for size in range(1, 9)] == list(ROOTS)


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_tree_that_grows_has_the_root_that_the_rfc_defines(leaves: list[bytes]) -> None:
    assert root(leaves) == defined(leaves)


@given(st.integers(1, 130), st.data())
def test_a_path_leads_from_its_own_leaf_to_the_root_and_from_no_other(size: int, data: st.DataObject) -> None:
    leaves = [str(n).encode() for n in range(size)]
    hashes, head = [leaf_hash(leaf) for leaf in leaves], root(leaves)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    path = inclusion_path(hashes, index)
    assert root_of_path(hashes[index], index=index, size=size, path=path) == head
    if other != index:
        assert root_of_path(hashes[other], index=index, size=size, path=path) != head


@pytest.mark.parametrize(("index", "size", "cut", "more"), [(5, 5, 0, 0), (-1, 5, 0, 0), (2, 5, 1, 0), (2, 5, 0, 1)])
def test_a_path_of_another_length_or_place_is_refused(index: int, size: int, cut: int, more: int) -> None:
    hashes = [leaf_hash(str(n).encode()) for n in range(5)]
    path = list(inclusion_path(hashes, 2))
    with pytest.raises(ValueError, match="tree"):
        root_of_path(hashes[2], index=index, size=size, path=path[:len(path) - cut] + [b"\x00" * 32] * more)
