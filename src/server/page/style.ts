/** The page's only style; it follows the reader's light or dark. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f6f7f9;--card:#fff;--line:#dfe3e8;--text:#1b2027;--faint:#5d6775;
--bad:#b3261e;--bad-ground:#fdecea;--warn:#7a4f00;--warn-ground:#fdf3dc;--good:#176b35;--good-ground:#e5f5ea;--unknown:#5b3a96;--unknown-ground:#f1ebfb}
@media(prefers-color-scheme:dark){:root{--ground:#0f1318;--card:#181e25;--line:#2b343e;--text:#e4e9ef;--faint:#98a4b3;
--bad:#ff8a80;--bad-ground:#3a1a19;--warn:#f4c667;--warn-ground:#332812;--good:#79d797;--good-ground:#14301e;--unknown:#c4a8ff;--unknown-ground:#271d3d}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,"DejaVu Sans",sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:22px;display:flex;flex-wrap:wrap;gap:4px 16px;align-items:baseline}
h1{font-size:22px;margin:0}h2{font-size:15px;margin:30px 0 10px;color:var(--faint);font-weight:600}
.faint{color:var(--faint)}.mono{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:13px;overflow-wrap:anywhere}
.mock{background:var(--warn-ground);color:var(--warn);border-bottom:1px solid currentColor;padding:8px 20px;text-align:center;font-weight:600}
.verdict{margin:16px 0 0;border-radius:10px;padding:16px 20px;border-left:8px solid currentColor}
.verdict p{margin:3px 0 0;color:var(--text)}.verdict .word{font-size:26px;font-weight:700;line-height:1.25;color:inherit}
.bad{color:var(--bad);background:var(--bad-ground)}.warn{color:var(--warn);background:var(--warn-ground)}
.good{color:var(--good);background:var(--good-ground)}.unknown{color:var(--unknown);background:var(--unknown-ground)}
.info,.quiet{color:var(--faint);background:var(--ground)}
.badge{display:inline-block;border-radius:5px;padding:1px 8px;font-size:12px;font-weight:700;letter-spacing:.03em}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 18px;margin:0 0 12px}
.card h3{margin:0 0 2px;font-size:16px;display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline}
.card .what{margin:8px 0;font-size:16px}
dl{display:grid;grid-template-columns:90px 1fr;gap:2px 14px;margin:8px 0 0}dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
dd.do{font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:12px}
.tile{background:var(--card);border:1px solid var(--line);border-top:4px solid var(--good);border-radius:10px;padding:10px 14px}
.tile.bad,.tile.warn,.tile.unknown,.tile.good,.tile.info{color:inherit;background:var(--card)}
.tile.bad{border-top-color:var(--bad)}.tile.warn{border-top-color:var(--warn)}.tile.unknown{border-top-color:var(--unknown)}.tile.info{border-top-color:var(--faint)}
.tile .top{display:flex;justify-content:space-between;align-items:baseline;gap:8px}
.tile .mono{font-size:11.5px}
.tile .why{margin:6px 0 0;font-size:13px}
.tile .figures{display:grid;grid-template-columns:auto 1fr;gap:0 12px;margin:8px 0 0;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:6px 14px;border-bottom:1px solid var(--line);white-space:nowrap}
tr:last-child td{border-bottom:0}th{font-size:12.5px;color:var(--faint);font-weight:600}td.wide{white-space:normal}
ul.plain{list-style:none;margin:0;padding:0}ul.plain li{padding:1px 0}
details summary{cursor:pointer}
footer{padding-top:26px;padding-bottom:36px;color:var(--faint);display:flex;flex-wrap:wrap;gap:4px 18px}
a{color:inherit}
@media(max-width:560px){dl{grid-template-columns:1fr}dt{margin-top:4px}}
`;
