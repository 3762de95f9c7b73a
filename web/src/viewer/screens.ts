// The screens by their names in addresses, in the order of the menu.

import type { Context } from "./context.js";
import { classes } from "./screens/classes.js";
import { fleetClasses } from "./screens/fleet_classes.js";
import { fleetHistory } from "./screens/fleet_history.js";
import { fleetLeaks } from "./screens/fleet_leaks.js";
import { fleetProcesses } from "./screens/fleet_processes.js";
import { fleetWork } from "./screens/fleet_work.js";
import { holders } from "./screens/holders.js";
import { holding } from "./screens/holding.js";
import { leaks } from "./screens/leaks.js";
import { object } from "./screens/object.js";
import { objects } from "./screens/objects.js";
import { overview } from "./screens/overview.js";
import { pages } from "./screens/pages.js";
import { procs } from "./screens/procs.js";
import { search } from "./screens/search.js";
import { series } from "./screens/series.js";
import { strings } from "./screens/strings.js";
import { threads } from "./screens/threads.js";

export interface Screen {
  title: string;
  /** Whether it is in the menu; "several": if there are several dumps. */
  menu: boolean | "several";
  /** Whether it is about the fleet, and no dump. */
  fleet?: true;
  draw: (context: Context) => unknown;
}

export const screens: Record<string, Screen> = {
  overview: { title: "Overview", menu: true, draw: overview },
  leaks: { title: "Leaks", menu: "several", draw: leaks },
  series: { title: "Over time", menu: "several", draw: series },
  holders: { title: "What retains most", menu: true, draw: holders },
  classes: { title: "Classes", menu: true, draw: classes },
  objects: { title: "Objects", menu: true, draw: objects },
  holding: { title: "Who holds", menu: true, draw: holding },
  strings: { title: "Strings", menu: true, draw: strings },
  procs: { title: "Procs", menu: true, draw: procs },
  threads: { title: "Threads", menu: true, draw: threads },
  pages: { title: "Heap pages", menu: true, draw: pages },
  object: { title: "Object", menu: false, draw: object },
  search: { title: "Search", menu: false, draw: search },
  fleet: { title: "Leaks of the fleet", menu: true, fleet: true, draw: fleetLeaks },
  fleet_classes: { title: "Classes of the fleet", menu: true, fleet: true, draw: fleetClasses },
  fleet_processes: { title: "Processes", menu: true, fleet: true, draw: fleetProcesses },
  fleet_work: { title: "Work", menu: true, fleet: true, draw: fleetWork },
  fleet_history: { title: "History", menu: false, fleet: true, draw: fleetHistory },
};

/** The screen of a name, undefined if there is none. */
export function screenOf(name: string): Screen | undefined {
  return Object.hasOwn(screens, name) ? screens[name] : undefined;
}
