// The result of the latest call, for values that are costly and seldom change.
export function remember(compute) {
  let key = null;
  let result = null;
  return (...inputs) => {
    if (key === null || inputs.some((input, k) => input !== key[k])) {
      key = inputs;
      result = compute(...inputs);
    }
    return result;
  };
}
