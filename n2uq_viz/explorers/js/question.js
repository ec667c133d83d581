// A question to Python about what is on screen, asked when the hand rests: for numbers that take Python's time or
// its libraries. One question is under way at most, and an answer about something that is no longer on screen counts
// for nothing.

import { sameState } from "./history.js";

const REST_MS = 250;

// ask(answered, late): sends the question; answered(found) may come after late(), and found.about says what it is
// about. quiet(): whether nothing is held and both sides have the same state. changed(): there is news to show.
export function createQuestion({ ask, quiet, changed }) {
  let subject = null; // what is on screen, or null if there is nothing to ask
  let answer = null;
  let flying = false;
  let late = false;
  let restless = -Infinity; // when something changed last
  let timer = null;

  const open = () => subject !== null && answer === null;

  function soon() {
    if (open()) timer ??= setTimeout(look, Math.max(0, restless + REST_MS - performance.now()));
  }

  // Where it is too soon for another reason than time, `settled` or the answer under way calls again.
  function look() {
    timer = null;
    if (performance.now() < restless + REST_MS) soon();
    else if (open() && !flying && quiet()) send();
  }

  function send() {
    flying = true;
    late = false;
    const answered = (found) => {
      flying = false;
      late = false;
      if (sameState(found.about, subject)) answer = found;
      soon();
      changed();
    };
    ask(answered, () => {
      late = true;
      changed();
    });
  }

  return {
    about(next) {
      if (sameState(next, subject)) return;
      subject = next;
      answer = null;
      restless = performance.now();
      soon();
    },
    // Both sides have the same state. Python answers in order: what it has not answered by then is lost.
    settled() {
      if (late) flying = false;
      restless = performance.now();
      soon();
    },
    get answer() { return answer; },
    get late() { return late; },
    close: () => clearTimeout(timer),
  };
}
