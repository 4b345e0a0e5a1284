const two = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'));
const three = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, '0'));

const DAY_MS = 86_400_000;

/** `2026/11/26 14:30:01.123` in UTC; the date is made once a day. */
export const stamper = (): ((ms: number) => string) => {
  let day = Number.NaN;
  let date = '';
  return (ms) => {
    const today = Math.floor(ms / DAY_MS);
    if (today !== day) {
      day = today;
      date = `${new Date(today * DAY_MS).toISOString().slice(0, 10).replaceAll('-', '/')} `;
    }
    const rest = Math.floor(ms - today * DAY_MS);
    const seconds = Math.floor(rest / 1000);
    const minutes = Math.floor(seconds / 60);
    return `${date}${two[Math.floor(minutes / 60)]}:${two[minutes % 60]}:${two[seconds % 60]}.${three[rest % 1000]}`;
  };
};
