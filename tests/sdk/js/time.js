'use strict';
// Moments as the contract writes them, and London's days. Times are milliseconds since 1970, UTC.

const DAY = 24 * 60 * 60 * 1000;

/** A time in milliseconds as the contract writes it: UTC, milliseconds, `Z`. */
function moment(milliseconds) {
  return new Date(milliseconds).toISOString();
}

/** The start of the day of a time, UTC, in milliseconds. */
function dayOf(milliseconds) {
  return milliseconds - (milliseconds % DAY);
}

/** From the start of yesterday to the end of tomorrow, UTC. */
function intervalAroundNow() {
  const today = dayOf(Date.now());
  return `${moment(today - DAY)}/${moment(today + 2 * DAY)}`;
}

/** The day on which clocks change in Europe, for March (2) and October (9). */
function lastSunday(year, month) {
  const last = Date.UTC(year, month, 31);
  return last - new Date(last).getUTCDay() * DAY;
}

/** The moment a day begins in London: an hour before UTC's while summer time holds. */
function midnightInLondon(day) {
  const year = new Date(day).getUTCFullYear();
  const summer = lastSunday(year, 2) < day && day <= lastSunday(year, 9);
  return summer ? day - DAY / 24 : day;
}

/** The day it is in London. */
function dayInLondon(milliseconds) {
  const day = dayOf(milliseconds);
  return milliseconds >= midnightInLondon(day + DAY) ? day + DAY : day;
}

/** The last day at least two days ago on which London's clocks changed. */
function lastChangeOfClocks(day) {
  const year = new Date(day).getUTCFullYear();
  const changes = [year, year - 1].flatMap((each) => [lastSunday(each, 2), lastSunday(each, 9)]);
  return Math.max(...changes.filter((change) => change <= day - 2 * DAY));
}

module.exports = {
  DAY,
  dayInLondon,
  intervalAroundNow,
  lastChangeOfClocks,
  midnightInLondon,
  moment,
};
