// The script of the report. The page says everything without it; it draws the picture, copies texts
// and opens what is folded before the page is printed.

import { addCopyButtons } from "../common/copy.js";
import { Picture } from "../common/picture.js";
import { openForPrint } from "./print.js";
import { Tree } from "../common/tree.js";
import type { Columns } from "../common/tree.js";

function drawPicture(): void {
  const place = document.getElementById("picture-canvas");
  const data = document.getElementById("data")?.textContent;
  if (!place || !data) return;
  new Picture(new Tree(JSON.parse(data) as Columns), place);
  const lists = document.getElementById("picture-lists");
  if (lists instanceof HTMLDetailsElement) lists.open = false;
}

addCopyButtons();
openForPrint();
drawPicture();
