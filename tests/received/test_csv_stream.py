"""Large tables, read line by line: whatever packed and wrote them."""

import gzip
import tracemalloc
import zipfile

import pytest

from received.csv_stream import open_table
from received.csv_table import FileRefused

TABLE = 'name,district\r\nO’Neill,Barrow\r\n\r\n"two\r\nlines",x\r\n'
ROWS = [(1, ["name", "district"]), (2, ["O’Neill", "Barrow"]), (5, ["two\r\nlines", "x"])]


def rows_of(path):
    with open_table(path) as rows:
        return list(rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_rows_come_with_their_lines_in_every_usual_encoding(tmp_path, encoding):
    path = tmp_path / "t.csv"
    path.write_bytes(TABLE.encode(encoding))

    assert rows_of(path) == ROWS


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_semicolons_and_tabs_part_cells_too(tmp_path, delimiter):
    path = tmp_path / "t.csv"
    path.write_text(TABLE.replace(",", delimiter), encoding="utf-8", newline="")

    assert rows_of(path) == ROWS


def test_what_is_gzipped_or_zipped_is_unpacked(tmp_path):
    packed, archive = tmp_path / "t.csv.gz", tmp_path / "t.zip"
    packed.write_bytes(gzip.compress(TABLE.encode()))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("readme.txt", "no table")
        file.writestr("t.CSV", TABLE)

    assert rows_of(packed) == rows_of(archive) == ROWS


def test_a_zip_of_two_tables_is_refused_with_their_names(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as file:
        file.writestr("a.csv", TABLE)
        file.writestr("b.csv", TABLE)

    with pytest.raises(FileRefused, match=r"2 CSV files \(a\.csv, b\.csv\)"):
        rows_of(tmp_path / "t.zip")


def test_what_was_cut_off_or_is_no_table_is_refused(tmp_path):
    cut, long = tmp_path / "t.gz", tmp_path / "t.csv"
    cut.write_bytes(gzip.compress(TABLE.encode() * 999)[:60])
    long.write_bytes(b"x" * (1 << 20) + b"x")

    with pytest.raises(FileRefused, match="cannot be unpacked"):
        rows_of(cut)
    with pytest.raises(FileRefused, match="Line 1 is too long"):
        rows_of(long)


def test_memory_stays_flat_however_long_the_file_is(tmp_path):
    path = tmp_path / "t.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        for number in range(20_000):
            file.write(f"{number}," + "x" * 500 + "\n")

    tracemalloc.start()
    try:
        with open_table(path) as rows:
            count = sum(1 for _ in rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 20_000
    assert peak < 2_000_000  # the file has ten million bytes
