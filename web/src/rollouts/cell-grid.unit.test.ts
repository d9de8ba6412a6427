import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cellAt, cellSize, layOut, moved, placeOf } from './cell-grid.ts';

const counts = fc.integer({ min: 1, max: 5_000 });
const widths = fc.integer({ min: 20, max: 2_000 });

it('finds every cell at the place where it is drawn, inside the width', () => {
  fc.assert(
    fc.property(counts, widths, fc.nat(), (count, width, seed) => {
      const grid = layOut(count, width);
      const index = seed % count;
      const { x, y } = placeOf(index, grid);
      expect(x + cellSize).toBeLessThanOrEqual(width);
      expect(y + cellSize).toBeLessThanOrEqual(grid.height);
      expect(cellAt(x + cellSize / 2, y + cellSize / 2, grid, count)).toBe(index);
    }),
  );
});

it('finds nothing after the last cell, and nothing outside', () => {
  const grid = layOut(5, 17 * 3);
  expect(grid).toMatchObject({ columns: 3, rows: 2 });
  expect(cellAt(17 * 2 + 5, 17 + 5, grid, 5)).toBeNull();
  expect(cellAt(-1, 3, grid, 5)).toBeNull();
});

it('lets keys move between all cells without leaving them', () => {
  fc.assert(
    fc.property(
      counts,
      widths,
      fc.array(fc.constantFrom('ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End')),
      (count, width, keys) => {
        const grid = layOut(count, width);
        let at = 0;
        for (const key of keys) {
          at = moved(key, at, grid, count) ?? at;
          expect(at).toBeGreaterThanOrEqual(0);
          expect(at).toBeLessThan(count);
        }
        expect(moved('End', at, grid, count)).toBe(count - 1);
      },
    ),
  );
  expect(moved('a', 3, layOut(9, 60), 9)).toBeNull();
});
