// The answers of the server, as docs/api.md describes them: the fields that the page shows.

import type { FleetAnswers } from "./fleet_answers.js";

export interface Progress {
  work: string | null;
  done: number | null;
  of: number | null;
}

/** What the dump says of itself, which need not be what it should be. */
export interface Header {
  gc?: { count?: number };
  time?: unknown;
  pid?: unknown;
  ruby?: unknown;
  host?: unknown;
}

export interface Dump {
  id: string;
  name: string;
  bytes: number;
  state: "closed" | "waiting" | "opening" | "open" | "failed";
  progress: Progress | null;
  error: string | null;
  argument?: string;
  path?: string;
  objects?: number;
  live?: number;
  live_bytes?: number;
  rss?: number | null;
  whole?: boolean | null;
  header?: Header;
}

export interface List<Item> {
  total: number;
  offset?: number;
  items: Item[];
}

/** An object, or a root: then it has no address. */
export interface Thing {
  address?: string | null;
  type?: string;
  class?: string | null;
  kind?: string;
  name?: string | null;
  words: string;
  bytes?: number;
  retained?: number | null;
  retained_objects?: number | null;
  reachable?: boolean | null;
}

export type Parts = Record<string, number>;

export interface Memory {
  rss: number | null;
  page_bytes: number | null;
  live: number;
  live_bytes: number;
  garbage: number;
  garbage_bytes: number;
}

export interface Summary {
  header: Header;
  whole: boolean | null;
  warnings: string[];
  objects: number;
  memory: Memory;
  account: {
    rss: number | null;
    parts: Parts;
    words: Record<string, string>;
    reasons: Record<string, [string, string | null]>;
    files: { path: string; bytes: number }[];
  };
  traced: boolean;
  most_referred: (Thing & { references: number })[];
}

export interface Suspect {
  class: string;
  unit: string;
  counts: number[];
  retained: number[];
  holder: string;
  others: string[];
  confidence: string;
  reasons: string[];
  cleared_because: string | null;
  company: string[];
  command: string;
  signature: string;
  location: string | null;
}

/** What the report says of a suspect, in sentences. */
export interface SuspectWords {
  sentence: string;
  place: string;
  gathering: string;
  held: string;
  /** null stands for steps that are left out. */
  path: (SuspectPathItem | null)[];
  address: string;
  ticket: string[];
}

export interface SuspectPathItem {
  names: string[];
  object: string;
  address: string | null;
  place: string | null;
  mark: string | null;
}

export interface Leaks {
  sound: boolean;
  warnings: string[];
  dumps: { path: string; time: string | null; pid: number | null }[];
  held_grew: boolean;
  sentence: string;
  suspects: (Suspect & { words: SuspectWords })[];
  cleared: Suspect[];
  also_grew: { class: string; counts: number[]; holder: string | null; cleared_because: string }[];
  growth: {
    part: string;
    bytes: number[];
    explained_by: string | null;
    next_step: string | null;
  }[];
  unexplained: number | null;
  left_out: { suspects: number; cleared: number };
}

export interface Figures {
  objects: number;
  bytes: number;
  retained: number | null;
}

export interface Group extends Figures {
  key: string | number | null;
  label: string;
  largest: string | null;
  garbage: number;
  garbage_bytes: number;
  before?: Figures | null;
  change?: Figures | null;
}

export interface Histogram extends List<Group> {
  by: string;
  known: boolean;
  objects: number;
  bytes: number;
}

export interface Top extends List<Thing & { held_by: string | null }> {
  live_bytes: number;
  besides: Record<string, { objects: number; bytes: number }>;
}

export interface TopGroups extends List<Group> {
  by: string;
  rest: Group | null;
}

export interface Folded {
  total: number;
  labels: string[];
  cells: {
    parent: (number | null)[];
    label: number[];
    kind: ("node" | "class" | "other")[];
    example: (string | null)[];
    objects: number[];
    bytes: number[];
    retained: number[];
  };
}

export interface Found extends Thing {
  location: string | null;
  generation: number | null;
}

export interface Branch {
  parent: number | null;
  text: string;
  other: boolean;
  edge: boolean;
  example: string | null;
  objects: number;
  bytes: number;
  retained: number;
  own_objects: number;
  own_bytes: number;
}

export interface MergedPaths extends List<Branch> {
  garbage: number;
  garbage_bytes: number;
  cut: number | null;
  released: number | null;
  released_bytes: number | null;
}

export interface Hop extends Thing {
  edge: string[];
  location?: string | null;
}

export interface Path {
  rank: string;
  root: string;
  path: Hop[];
  left_out: number;
  note: string | null;
  text: string;
}

export interface ObjectAnswer {
  object: Thing & {
    bytes: number;
    location: string | null;
    method: string | null;
    generation: number | null;
    class_address: string | null;
    flags: string[];
  };
  paths: Path[];
  dominators: Thing[];
  more_dominators: boolean;
  line: Record<string, unknown>;
  references: number;
  referrers: number;
  instances: number;
  frames: number | null;
}

export interface Reference extends Thing {
  edge: string | null;
  kind: string;
  frame?: string | null;
  place?: string | null;
}

export interface ReferenceGroup {
  edge: string | null;
  kind: string | null;
  frame: string | null;
  words: string | null;
  references: number;
  objects: number | null;
  example: Thing | null;
}

export interface Cut {
  from: Thing;
  object: Thing;
  bytes: number;
  objects: number;
  held_by: Reference | null;
}

export interface DuplicateString {
  bytesize: number | null;
  value: string | null;
  value_base64?: string;
  copies: number;
  bytes: number;
  wasted: number;
  example: string;
  sampled: number;
  owners: { owner: string; count: number }[];
  locations: { location: string; count: number }[];
}

export interface Strings extends List<DuplicateString> {
  strings: number;
  compared: number;
  copies: number;
  wasted: number;
}

export interface ProcPlace {
  place: string;
  label: string | null;
  procs: number;
  bytes: number;
  retained: number;
  example: string;
  sampled: number;
  owners: { owner: string; count: number }[];
}

export interface Procs extends List<ProcPlace> {
  procs: number;
  placed: number;
}

export interface ThreadItem extends Thing {
  thread: string | null;
  status: string | null;
  frames: number;
  innermost: string[];
}

export interface Variable extends Partial<Thing> {
  name: string;
  words: string;
}

export interface Frame {
  words: string;
  file: string | null;
  line: number | null;
  self: Variable | null;
  locals: Variable[];
  more_locals: number;
}

export interface Pages {
  pages: number | null;
  page_bytes: number | null;
  slots: number | null;
  free_slots: number | null;
  free_bytes: number | null;
  used_pages: number | null;
  sparse_pages: number | null;
  sparse_objects: number | null;
  heaps: { slot_size: number; pages: number; slots: number; free: number }[];
}

/** One line over the dumps of a process; its numbers are null where they are not known. */
export interface TrendLine {
  kind: "process" | "class" | "way";
  name: string;
  class: string;
  holder?: string;
  location?: string;
  verdict: string;
  /** The verdict, with where it ends if it fills up. */
  words: string;
  reasons: string[];
  unit: "objects" | "bytes";
  values: (number | null)[];
  retained?: (number | null)[];
  per_hour?: number;
  retained_per_hour?: number | null;
  growth: number;
}

export interface Trends extends List<TrendLine> {
  warnings: string[];
  processes: { title: string; dumps: number; leaks: number; from: string; to: string }[];
  process: number;
  title: string;
  judged: boolean;
  sentence: string;
  sentences: string[];
  notes: string[];
  total_dumps: number;
  total_leaks: number;
  native_leak: boolean;
  leaks: { class: string; sentence: string }[];
  dumps: { id: string | null; at: number; objects: number; held_bytes: number }[];
  /** The indexes of the dumps before which others are missing. */
  gaps: number[];
  account: {
    at: number[];
    lines: { name: string; words: string; values: (number | null)[] }[];
    marks: { at: number; words: string }[];
  };
  parts: TrendLine[];
}

/** The answer of each question. */
export interface Answers extends FleetAnswers {
  dumps: List<Dump> & { note: string | null; fleet: boolean };
  summary: Summary;
  leaks: Leaks;
  trends: Trends;
  histogram: Histogram;
  top: Top;
  top_groups: TopGroups;
  dominated: List<Thing> & { object: Thing };
  folded: Folded;
  find: List<Found>;
  retained: { total: number; bytes: number; retained: number; retained_objects: number };
  merged_paths: MergedPaths;
  object: ObjectAnswer;
  references: List<Reference>;
  referrers: List<Reference>;
  reference_groups: List<ReferenceGroup>;
  referrer_groups: List<ReferenceGroup>;
  cut: Cut;
  strings: Strings;
  procs: Procs;
  threads: List<ThreadItem>;
  frames: List<Frame>;
  pages: Pages;
}

export type Question = keyof Answers;
