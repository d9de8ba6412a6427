import type { Tone } from '../ui/phase-look.ts';

/** Where the cells of a wave stand; measures in CSS pixels. */
export interface Grid {
  columns: number;
  rows: number;
  width: number;
  height: number;
}

export const cellSize = 14;
export const cellGap = 3;
const pitch = cellSize + cellGap;

export function layOut(count: number, width: number): Grid {
  const columns = Math.max(1, Math.floor((width + cellGap) / pitch));
  const rows = Math.ceil(count / columns);
  return { columns, rows, width, height: Math.max(0, rows * pitch - cellGap) };
}

export const placeOf = (index: number, { columns }: Grid): { x: number; y: number } => ({
  x: (index % columns) * pitch,
  y: Math.floor(index / columns) * pitch,
});

/** The cell at a point, or none between cells and after the last. */
export function cellAt(x: number, y: number, grid: Grid, count: number): number | null {
  const column = Math.floor(x / pitch);
  const index = Math.floor(y / pitch) * grid.columns + column;
  const isInside = x >= 0 && y >= 0 && column < grid.columns && index < count;
  return isInside ? index : null;
}

/** Where a key leads; null for a key that is not for the grid. */
export function moved(key: string, from: number, { columns }: Grid, count: number): number | null {
  const steps: Record<string, number> = {
    ArrowRight: from + 1,
    ArrowLeft: from - 1,
    ArrowDown: from + columns,
    ArrowUp: from - columns,
    Home: 0,
    End: count - 1,
  };
  const to = steps[key];
  if (to === undefined) return null;
  return to >= 0 && to < count ? to : from;
}

/** Never by colour alone: each phase has a mark of its own. */
type Mark = 'none' | 'dot' | 'cross' | 'slash' | 'ring';
const marks: Record<string, Mark> = {
  Updating: 'dot',
  Waiting: 'ring',
  Failed: 'cross',
  RollbackFailed: 'cross',
  RollingBack: 'dot',
  RolledBack: 'slash',
  Skipped: 'slash',
};
/** Drawn as a frame: nothing has been done to them. */
const hollow = new Set(['Waiting', 'Skipped', 'RollbackFailed']);

export interface Palette {
  tones: Record<Tone, string>;
  untouched: string;
  mark: string;
}

/** The colours of the theme of the moment. */
export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    tones: {
      good: token('--good-mark'),
      busy: token('--busy-mark'),
      warning: token('--warning-mark'),
      bad: token('--bad-mark'),
      quiet: token('--quiet-mark'),
    },
    untouched: token('--fill-strong'),
    mark: token('--surface'),
  };
}

/** Draws one cell over whatever stood there. */
export function drawCell(
  canvas: CanvasRenderingContext2D,
  { x, y }: { x: number; y: number },
  phase: string,
  tone: Tone,
  palette: Palette,
): void {
  canvas.clearRect(x, y, cellSize, cellSize);
  const colour = phase === 'Pending' ? palette.untouched : palette.tones[tone];
  const isHollow = hollow.has(phase);
  canvas.fillStyle = colour;
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1.5;
  canvas.beginPath();
  if (isHollow) {
    canvas.roundRect(x + 1, y + 1, cellSize - 2, cellSize - 2, 2.5);
    canvas.stroke();
  } else {
    canvas.roundRect(x, y, cellSize, cellSize, 3);
    canvas.fill();
  }
  drawMark(canvas, x + cellSize / 2, y + cellSize / 2, marks[phase] ?? 'none', isHollow ? colour : palette.mark);
}

function drawMark(canvas: CanvasRenderingContext2D, x: number, y: number, mark: Mark, colour: string): void {
  if (mark === 'none') return;
  const reach = 3;
  canvas.fillStyle = colour;
  canvas.strokeStyle = colour;
  canvas.lineWidth = 1.6;
  canvas.beginPath();
  switch (mark) {
    case 'dot':
      canvas.arc(x, y, 2.2, 0, 2 * Math.PI);
      canvas.fill();
      return;
    case 'ring':
      canvas.arc(x, y, 2.2, 0, 2 * Math.PI);
      break;
    case 'cross':
      canvas.moveTo(x - reach, y - reach);
      canvas.lineTo(x + reach, y + reach);
      canvas.moveTo(x + reach, y - reach);
      canvas.lineTo(x - reach, y + reach);
      break;
    case 'slash':
      canvas.moveTo(x - reach, y + reach);
      canvas.lineTo(x + reach, y - reach);
      break;
  }
  canvas.stroke();
}
