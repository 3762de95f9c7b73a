// Numbers for people, as lib/heapdump/terminal/units.rb writes them, and names with little room.

const steps = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** 31337 as "31,337". */
export function count(number: number): string {
  return number.toFixed(0).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** 1536 as "1.5 KiB". */
export function bytes(number: number): string {
  let size = number;
  let step = 0;
  while (Number(size.toFixed(1)) >= 1024 && step < steps.length - 1) {
    size /= 1024;
    step++;
  }
  if (step === 0) return `${count(number)} B`;
  const [whole = "0", fraction = "0"] = size.toFixed(1).split(".");
  return `${count(Number(whole))}.${fraction} ${steps[step] ?? ""}`;
}

/** The share of a part in a whole: "12.3 %". */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "-";
  const share = (100 * part) / whole;
  return share > 0 && share < 0.1 ? "<0.1 %" : `${share.toFixed(1)} %`;
}

/** "1 group", "2,000 groups". */
export function plural(number: number, one: string, several = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : several}`;
}

/** "1 object", "2,000 objects". */
export function objects(number: number): string {
  return plural(number, "object");
}

/** The longest form of a name that fits, without its middle; "" if there is no room for any. */
export function shortened(name: string, fits: (text: string) => boolean): string {
  if (fits(name)) return name;
  const chars = Array.from(name);
  const form = (length: number) =>
    `${chars.slice(0, Math.ceil(length / 2)).join("")}…${chars.slice(chars.length - Math.floor(length / 2)).join("")}`;
  let [least, most] = [0, chars.length];
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (fits(form(middle))) least = middle;
    else most = middle;
  }
  return least > 1 ? form(least) : "";
}
