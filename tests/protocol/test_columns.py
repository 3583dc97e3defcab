"""Records kept by field are the same records."""

from disquectl.protocol.columns import Columns, chosen, values_of

JOBS = Columns(("id", "body"), [["a", "b", "c"], [b"1", b"2", b"3"]])
RECORDS = [{"id": "a", "body": b"1"}, {"id": "b", "body": b"2"}, {"id": "c", "body": b"3"}]


def test_they_are_records_as_often_as_one_looks():
    assert len(JOBS) == 3
    assert list(JOBS) == list(JOBS) == RECORDS
    assert not Columns(("id",), [[]])


def test_a_field_has_the_values_of_all():
    for records in (JOBS, RECORDS):
        assert list(values_of(records, "body")) == [b"1", b"2", b"3"]


def test_fields_are_picked_in_order_and_may_be_missing():
    picked = JOBS.pick(("body", "ttl", "id"))
    assert next(list(record.items()) for record in picked) == [("body", b"1"), ("ttl", None), ("id", "a")]


def test_some_are_chosen():
    for records in (JOBS, RECORDS):
        assert list(chosen(records, [True, False, True])) == [RECORDS[0], RECORDS[2]]
        assert list(chosen(records, [True] * 3)) == RECORDS
        assert list(chosen(records, [False] * 3)) == []
