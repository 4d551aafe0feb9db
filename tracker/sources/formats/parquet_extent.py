"""How large a Parquet file becomes when it is read, from its footer and its page headers.

Format: github.com/apache/parquet-format (parquet.thrift), in Thrift's compact protocol. A
footer can lie about its pages, so the pages that would be read are asked themselves.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

MAGIC = b"PAR1"
MAX_FOOTER = 8_000_000
_MAX_DEPTH = 20

Struct = dict[int, Any]


class NotParquet(ValueError):
    """The bytes are not a Parquet file, or one that contradicts itself."""


@dataclass(frozen=True)
class Extent:
    """Rows, names of the top columns, and of the chosen ones: bytes of all pages and of the
    largest page when unpacked, and values of the longest column."""

    rows: int
    columns: tuple[str, ...]
    unpacked: int
    largest_page: int
    values: int


def measure(content: bytes, chosen: Collection[str]) -> Extent:
    """The extent of a Parquet file whose `chosen` columns would be read.

    Raises NotParquet for whatever is not one.
    """
    size = len(content)
    if size < 12 or content[:4] != MAGIC or content[-4:] != MAGIC:
        raise NotParquet("it does not begin and end as Parquet does")
    length = int.from_bytes(content[-8:-4], "little")
    if length > size - 12:
        raise NotParquet("it is cut off")
    if length > MAX_FOOTER:
        raise NotParquet(f"its footer is larger than {MAX_FOOTER / 1e6:g} MB")
    try:
        footer = _Reader(content, size - 8 - length, size - 8).struct()
        return _extent(content, footer, chosen)
    except (IndexError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise NotParquet("its footer is damaged") from error


def _extent(content: bytes, footer: Struct, chosen: Collection[str]) -> Extent:
    # FileMetaData: 2 schema, 3 num_rows, 4 row_groups.
    leaves = _top_columns(footer[2])
    unpacked = largest = 0
    values: dict[str, int] = {}
    rows = 0
    for group in footer.get(4, []):
        rows += _whole(group[3])
        for chunk in group[1]:  # RowGroup: 1 columns, 3 num_rows
            meta: Struct = chunk[3]  # ColumnMetaData
            name = meta[3][0].decode("utf-8")  # 3 path_in_schema
            if name in chosen:
                size, page, count = _pages(content, meta)
                largest = max(largest, page)
                unpacked += max(size, _whole(meta[6]))  # 6 total_uncompressed_size
                values[name] = values.get(name, 0) + max(count, _whole(meta[5]))  # 5 num_values
    rows = max(rows, _whole(footer[3]))
    return Extent(rows, leaves, unpacked, largest, max(values.values(), default=0))


def _top_columns(schema: list[Struct]) -> tuple[str, ...]:
    """Names of the columns below the root: SchemaElement has 4 name and 5 num_children."""
    names: list[str] = []
    at, left = 1, _whole(schema[0].get(5, 0))
    while left:
        names.append(schema[at][4].decode("utf-8"))
        inside = 1
        while inside:  # the element itself and all below it
            inside += _whole(schema[at].get(5, 0)) - 1
            at += 1
        left -= 1
    return tuple(names)


def _pages(content: bytes, meta: Struct) -> tuple[int, int, int]:
    """Of a column chunk when unpacked: bytes of all pages and of the largest, and the values."""
    # ColumnMetaData: 7 total_compressed_size, 9 data_page_offset, 11 dictionary_page_offset.
    start = _whole(meta[9])
    if 11 in meta and 0 < meta[11] < start:
        start = _whole(meta[11])
    end = start + _whole(meta[7])
    if end > len(content):
        raise NotParquet("its pages lie outside of the file")
    unpacked = largest = values = 0
    while start < end:
        reader = _Reader(content, start, end)
        page = reader.struct()
        # PageHeader: 2 uncompressed_page_size, 3 compressed_page_size; then one of 5 data page,
        # 7 dictionary page, 8 data page of version 2, each with 1 num_values.
        unpacked += _whole(page[2])
        largest = max(largest, page[2])
        values += sum(_whole(page[kind][1]) for kind in (5, 8) if kind in page)
        if 7 in page:
            _whole(page[7][1])
        start = reader.at + _whole(page[3])
    return unpacked, largest, values


def _whole(number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise NotParquet("its footer states a size that is none")
    return number


class _Reader:
    """Values of Thrift's compact protocol from `at` to `end`."""

    def __init__(self, content: bytes, at: int, end: int) -> None:
        self.content, self.at, self.end = content, at, end

    def struct(self, depth: int = 0) -> Struct:
        """A struct as a mapping from field numbers to values."""
        if depth > _MAX_DEPTH:
            raise NotParquet("its footer is nested too deep")
        found: Struct = {}
        field = 0
        while True:
            head = self._byte()
            kind = head & 15
            if head == 0:
                return found
            field = field + (head >> 4) if head >> 4 else self._zigzag()
            found[field] = kind == 1 if kind in {1, 2} else self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        if kind in {1, 2}:  # a boolean inside a list
            return self._byte() == 1
        if kind == 3:
            return self._byte()
        if kind in {4, 5, 6}:
            return self._zigzag()
        if kind == 7:
            return self._take(8)
        if kind == 8:
            return self._take(self._varint())
        if kind in {9, 10}:
            return self._list(depth)
        if kind == 12:
            return self.struct(depth + 1)
        raise NotParquet("its footer is damaged")

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        count = head >> 4 if head >> 4 != 15 else self._varint()
        if depth > _MAX_DEPTH or count > self.end - self.at:  # each element takes a byte or more
            raise NotParquet("its footer is damaged")
        return [self._value(head & 15, depth + 1) for _ in range(count)]

    def _byte(self) -> int:
        if self.at >= self.end:
            raise NotParquet("its footer is cut off")
        self.at += 1
        return self.content[self.at - 1]

    def _take(self, count: int) -> bytes:
        if count > self.end - self.at:
            raise NotParquet("its footer is cut off")
        self.at += count
        return self.content[self.at - count : self.at]

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7
            if shift > 63:
                raise NotParquet("its footer is damaged")

    def _zigzag(self) -> int:
        number = self._varint()
        return (number >> 1) ^ -(number & 1)
