// The answers about a fleet, as docs/api.md describes them.

import type { List } from "./answers.js";

export interface Fleet {
  engine: string;
  processes: number;
  dumps: number;
  judged: number;
  leaking: number;
  from: string | null;
  to: string | null;
  apps: string[];
  revisions: string[];
}

export interface FleetLeak {
  signature: string;
  class: string | null;
  holder: string | null;
  location: string | null;
  processes: number;
  judged: number;
  apps: string[];
  since: string | null;
  fixed_in: string | null;
  first_seen: string;
  last_seen: string;
  objects_per_hour: number;
  bytes_per_hour: number;
  objects: number;
  bytes: number;
}

export interface FleetClass {
  class: string;
  leak: number;
  slow: number;
  fast: number;
  objects: number;
  bytes: number;
  bytes_per_hour: number;
}

type Pair = [number, number];

export interface FleetProcess {
  app: string;
  host: string;
  pid: number;
  revision: string | null;
  from: string;
  to: string;
  dumps: number;
  rss: Pair | null;
  held: Pair | null;
  unexplained: Pair | null;
  leaks: number;
  native: boolean;
}

export interface FleetWork {
  /** null for the time that went by. */
  name: string | null;
  done: number;
  bytes_each: number | null;
  share: number | null;
  correlation: number;
}

/** A class or a way in one process; its columns have a number for each time in `at`. */
export interface FleetLine {
  app: string;
  host: string;
  pid: number;
  revision: string | null;
  kind: "class" | "way";
  name: string;
  class: string | null;
  holder: string | null;
  location: string | null;
  dumps: number;
  at: number[];
  objects: number[];
  bytes: number[];
  retained: number[];
}

export interface FleetAnswers {
  fleet: Fleet;
  fleet_leaks: List<FleetLeak>;
  fleet_classes: List<FleetClass>;
  fleet_processes: List<FleetProcess>;
  fleet_history: List<FleetLine> & { name: string };
  fleet_work: List<FleetWork> & { intervals: number; enough: boolean };
}
