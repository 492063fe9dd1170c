"""State kept in a SQLite file: what an answer acknowledged is on disk before the answer is given."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from validator.emulator.kinds import Kind
from validator.emulator.store import Record, Store
from validator.errors import EnvironmentFailedError, UnusableInputError

# "AWSC": tells our files from others.
_APPLICATION = 0x41575343
_VERSION = 1
_TABLES = """
CREATE TABLE record (number INTEGER PRIMARY KEY, service TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
                     region TEXT NOT NULL, identifier TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE fact (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
_DOCUMENT = ("members", "created", "updated", "state", "doom", "reason", "tags")


class Keeper:
    """One SQLite file, held for as long as it is open: nobody else can open it meanwhile.

    UnusableInputError for a file that is something else, EnvironmentFailedError when it cannot be opened or written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        try:
            self._connection = sqlite3.connect(self.path, timeout=0.2, isolation_level=None, check_same_thread=False)
        except sqlite3.DatabaseError as error:
            raise self._failure(error) from None
        try:
            self._prepare()
        except BaseException as error:
            self.close()
            raise self._failure(error) if isinstance(error, sqlite3.DatabaseError) else error from None

    def _prepare(self) -> None:
        run = self._connection.execute
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        application, version = (run(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if (application, version) == (0, 0) and not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            made = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION};"
            self._connection.executescript(f"BEGIN; {_TABLES} {made} COMMIT;")
        elif application != _APPLICATION:
            raise UnusableInputError("not a store of this emulator", where=self.path)
        elif version != _VERSION:
            raise UnusableInputError(f"a store of version {version}, not {_VERSION}", where=self.path)

    def facts(self) -> dict[str, Any]:
        """What is kept besides records: the secret of tokens, the last number, the clock."""
        return dict(self._connection.execute("SELECT name, value FROM fact").fetchall())

    def load(self, store: Store, kinds: Mapping[str, Mapping[str, Kind]]) -> None:
        """Put every kept record into a store."""
        rows = self._connection.execute("SELECT * FROM record ORDER BY number").fetchall()
        for number, service, kind, account, region, identifier, document in rows:
            known = kinds.get(service, {}).get(kind)
            if known is None:
                raise UnusableInputError(f"holds a {service} {kind}, which is not emulated", where=self.path)
            kept = json.loads(document)
            given = {name: kept[name] for name in _DOCUMENT}
            store.add(Record(known, (account, region), identifier, number, **given))
        store.changed.clear()

    def save(self, changed: Iterable[Record], removed: Iterable[Record], facts: Mapping[str, Any]) -> None:
        """Write, and return only when nothing of it can be lost."""
        rows = [
            (each.number, each.kind.service, each.kind.name, *each.scope, each.identifier, _document(each))
            for each in changed
        ]
        run = self._connection
        try:
            run.execute("BEGIN IMMEDIATE")
            try:
                run.executemany("DELETE FROM record WHERE number = ?", [(each.number,) for each in removed])
                run.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                run.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", list(facts.items()))
                run.execute("COMMIT")
            except BaseException:
                if run.in_transaction:
                    run.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def clear(self) -> None:
        """Forget every record."""
        try:
            self._connection.execute("DELETE FROM record")
        except sqlite3.Error as error:
            raise self._failure(error) from None

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def _failure(self, error: sqlite3.Error) -> UnusableInputError | EnvironmentFailedError:
        if "not a database" in str(error):
            return UnusableInputError("not a store of this emulator", where=self.path)
        if "locked" in str(error):
            return EnvironmentFailedError(f"{self.path}: another emulator has this store open")
        return EnvironmentFailedError(f"{self.path}: {error}")


def _document(record: Record) -> str:
    return json.dumps({name: getattr(record, name) for name in _DOCUMENT}, separators=(",", ":"))
