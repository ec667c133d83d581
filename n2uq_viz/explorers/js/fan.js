// Room for fingers: places that are too close together fan out, each as near as can be to where it belongs.

// wanted: increasing numbers. gaps[k]: how far place k is to be from place k - 1 (gaps[0] counts for nothing). All
// within [low, high]; where there is not room for all the gaps they shrink alike.
export function fanOut(wanted, gaps, low, high) {
  const count = wanted.length;
  let total = 0;
  for (let k = 1; k < count; k += 1) total += gaps[k];
  const shrink = total > high - low ? (high - low) / total : 1;
  // With the gaps taken out, places only have to increase: neighbors in the wrong order move to their common mean.
  const offsets = new Float64Array(count);
  for (let k = 1; k < count; k += 1) offsets[k] = offsets[k - 1] + shrink * gaps[k];
  const blocks = [];
  for (let k = 0; k < count; k += 1) {
    let block = { sum: wanted[k] - offsets[k], size: 1 };
    while (blocks.length && blocks[blocks.length - 1].sum / blocks[blocks.length - 1].size > block.sum / block.size) {
      const before = blocks.pop();
      block = { sum: before.sum + block.sum, size: before.size + block.size };
    }
    blocks.push(block);
  }
  const last = count ? Math.max(low, high - offsets[count - 1]) : high;
  const places = [];
  for (const { sum, size } of blocks) {
    const at = Math.min(Math.max(sum / size, low), last);
    for (let k = 0; k < size; k += 1) places.push(at + offsets[places.length]);
  }
  return places;
}
