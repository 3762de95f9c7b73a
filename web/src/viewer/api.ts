// Asks the server, and goes on asking while it is working on the answer.

import type { Answers, Progress, Question } from "./answers.js";
import { token } from "./token.js";

export type Parameters = Record<string, string | number | undefined>;

/** Why there is no answer. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const pauses = [50, 100, 200, 400]; // milliseconds between asking and asking again; the last ones are like the last

interface Body {
  error?: { code: string; message: string };
  job?: Progress;
  progress?: Progress;
}

/** The query of a question; parameters without a value are left out. */
export function query(parameters: Parameters): string {
  const given = Object.entries(parameters).filter((pair) => pair[1] !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

/**
 * The answer to a question. Raises Refused if there is none. `told` hears how far it is; when the
 * signal is given, nobody asks any more, and the server stops to work on it.
 */
export async function ask<Q extends Question>(
  question: Q,
  parameters: Parameters,
  signal: AbortSignal,
  told: (progress: Progress) => void,
): Promise<Answers[Q]> {
  const address = `api/v1/${question}?${query(parameters)}`;
  for (let turn = 0; ; turn++) {
    const { status, body } = await get(address, signal);
    const { error, job, progress } = body as Body;
    if (status === 200) return body as Answers[Q];
    if (status !== 202 && error?.code !== "opening")
      throw new Refused(error?.code ?? "failed", error?.message ?? `the server said ${status}`);
    told(progress ?? job ?? { work: null, done: null, of: null });
    await pause(pauses[Math.min(turn, pauses.length - 1)] ?? 0, signal);
  }
}

async function get(
  address: string,
  signal: AbortSignal,
): Promise<{ status: number; body: object }> {
  const headers = { "X-Heapdump-Token": encodeURIComponent(token()) }; // which a token never needs
  try {
    const response = await fetch(address, { headers, signal });
    return { status: response.status, body: (await response.json()) as object };
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refused("no_server", "The server does not answer. Has it ended? Start it again.");
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(new Error("stopped"));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop);
  });
}
