"""Records kept by field are the same records."""

from disquectl.protocol.columns import Columns, chosen, column, values_of

JOBS = Columns(("id", "body"), [column(["a", "b", "c"]), column([b"1", b"2", b"3"])])
RECORDS = [{"id": "a", "body": b"1"}, {"id": "b", "body": b"2"}, {"id": "c", "body": b"3"}]


def test_they_are_records_as_often_as_one_looks():
    assert len(JOBS) == 3
    assert list(JOBS) == list(JOBS) == RECORDS
    assert not Columns(("id",), [column([])])


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


def test_what_all_have_is_kept_once_and_is_each_records_own():
    same = Columns(("queue", "nodes"), [column([b"q"] * 3), column([["n"]] * 3)])
    assert all(len(kept.values) == 1 for kept in same.columns)
    first, second, third = same
    first["nodes"].append("m")
    assert second == third == {"queue": b"q", "nodes": ["n"]}
    assert list(chosen(same, [False, True, True])) == [second, third]
    assert list(values_of(same, "queue")) == [b"q"] * 3


def test_one_that_differs_is_not_taken_for_the_same():
    for values in ([1, 1, 2, 1], [b"a", b"b"], [None, 0, None], [[], ["a"], []]):
        assert list(column(values).all()) == values
