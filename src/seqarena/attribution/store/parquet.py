"""Tables as Parquet, whose pages have checksums: without them a flipped bit is read as data."""

from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from seqarena.errors import ArtifactError


def table_content(table: pa.Table) -> bytes:
    """Return the bytes of a Parquet file; the same table gives the same bytes."""
    buffer = BytesIO()
    pq.write_table(table, buffer, compression="zstd", write_page_checksum=True)
    return buffer.getvalue()


def table_of_content(content: bytes, path: Path) -> pa.Table:
    """Return the table of a Parquet file, read from `path`.

    Raises:
        ArtifactError: it is none, or a page is not what was written.
    """
    try:
        return pq.read_table(BytesIO(content), page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(
            f"{path}: no whole Parquet file ({error}); evaluate the experiment again."
        ) from None
