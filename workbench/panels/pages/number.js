// Text of a number: nothing lost that is small, a dash for what is not there.
(cell) => {
  const value = cell.getValue();
  if (typeof value !== "number" || !Number.isFinite(value)) return "–";
  if (value !== 0 && Math.abs(value) < 0.0005) return value.toExponential(1);
  return value.toLocaleString("en-US", { minimumFractionDigits: DECIMALS, maximumFractionDigits: DECIMALS });
}
