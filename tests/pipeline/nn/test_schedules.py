import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.nn.schedules import SCHEDULES, Constant, Cosine, OneCycle, Step, WarmUp

HALF = (1 + math.cos(math.pi / 4)) / 2


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Constant(), {0: 1, 0.3: 1, 0.999: 1}),
        (Step(0.25), {0: 1, 0.24: 1, 0.25: 0.1, 0.5: 0.01, 0.74: 0.01, 0.75: 0.001, 0.999: 0.001}),
        (Step(1 / 3, 0.5), {0.33: 1, 1 / 3: 0.5, 2 / 3: 0.25, 0.999: 0.25}),
        (Cosine(), {0: 1, 1 / 4: HALF, 1 / 2: 0.5, 3 / 4: 1 - HALF, 1: 0}),
        (Cosine(0.2), {0: 1, 1 / 4: 0.2 + 0.8 * HALF, 1 / 2: 0.6, 1: 0.2}),
        (OneCycle(), {0: 0.04, 0.15: 0.52, 0.3: 1, 0.65: 0.5, 1: 0}),
        (OneCycle(0.5, 0.2, 0.1), {0: 0.2, 0.25: 0.6, 0.5: 1, 0.75: 0.55, 1: 0.1}),
        (OneCycle(0.5, 0, 0), {0: 0, 1 / 8: 1 - HALF, 3 / 8: HALF, 5 / 8: HALF, 7 / 8: 1 - HALF}),
        (WarmUp(0.2), {0: 0, 0.05: 0.25, 0.1: 0.5, 0.2: 1, 0.9: 1}),
        (WarmUp(0.5, Cosine()), {0: 0, 0.25: 0.5, 0.5: 1, 0.75: 0.5, 1: 0}),
        (WarmUp(0.5, Step(0.5)), {0.4: 0.8, 0.5: 1, 0.74: 1, 0.75: 0.1}),
    ],
    ids=repr,
)
def test_factors_by_hand(schedule, expected):
    assert {done: schedule(done) for done in expected} == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("count", [10, 23, 700])
@pytest.mark.parametrize("parts", [3, 7, 10])
def test_steps_are_on_time_despite_rounding(parts, count):
    """Though 0.3 / 0.1, say, is 2.9999999999999996."""
    schedule = Step(1 / parts, 0.5)
    due = [0.5 ** (parts * done // count) for done in range(count)]
    assert [schedule(done / count) for done in range(count)] == due


shares = st.floats(0.001, 0.999)
floors = st.floats(0, 0.999)
simple = st.one_of(
    st.just(Constant()),
    st.builds(Step, shares, shares),
    st.builds(Cosine, floors),
    st.builds(OneCycle, shares, floors, floors),
)
schedules = st.one_of(simple, st.builds(WarmUp, shares, simple))


@given(schedules, st.floats(0, 1, exclude_max=True))
def test_factors_are_from_0_to_1(schedule, done):
    assert 0 <= schedule(done) <= 1


rising = st.one_of(
    st.builds(OneCycle, shares, floors, floors), st.builds(WarmUp, shares, st.just(Cosine()))
)


@given(rising)
def test_schedules_that_rise_and_fall_do_not_jump(schedule):
    assert schedule(schedule.rise) == 1
    assert schedule(math.nextafter(schedule.rise, 0)) == pytest.approx(1, abs=1e-12)
    assert schedule(math.nextafter(schedule.rise, 1)) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Step(0), "every: found 0, expected a number above 0 and below 1"),
        (lambda: Step(1), "every: found 1"),
        (lambda: Step(math.nan), "every: found nan"),
        (lambda: Step(0.5, 0), "factor: found 0, expected a number above 0"),
        (lambda: Step(0.5, 1.5), "factor: found 1.5"),
        (lambda: Cosine(-0.1), "floor: found -0.1, expected a number from 0 to less than 1"),
        (lambda: Cosine(1), "floor: found 1"),
        (lambda: OneCycle(rise=0), "rise: found 0"),
        (lambda: OneCycle(start=1), "start: found 1"),
        (lambda: OneCycle(end=-1), "end: found -1"),
        (lambda: WarmUp(0), "rise: found 0"),
        (lambda: WarmUp(1), "rise: found 1"),
    ],
)
def test_impossible_options(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_schedules_are_plain_data():
    assert OneCycle(0.3) == OneCycle() != OneCycle(0.4)
    assert WarmUp(0.1, Cosine()) == WarmUp(0.1, Cosine(0)) != WarmUp(0.1)
    assert repr(WarmUp(0.1, Cosine())) == "WarmUp(rise=0.1, then=Cosine(floor=0.0))"
    assert repr(OneCycle()) == "OneCycle(rise=0.3, start=0.04, end=0.0)"
    assert repr(Step(0.5)) == "Step(every=0.5, factor=0.1)"
    assert repr(Constant()) == "Constant()"
    # Hashable, because they are frozen: optimizers share a default.
    assert len({Constant(), Step(0.5), Cosine(), OneCycle(), WarmUp(0.1)}) == 5


def test_schedules_have_names():
    names = {"constant": Constant, "step": Step, "cosine": Cosine, "one_cycle": OneCycle}
    assert names | {"warm_up": WarmUp} == SCHEDULES
