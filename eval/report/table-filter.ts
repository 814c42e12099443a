/** A search field that keeps only the rows of the next table whose first cell contains its text. */
export const tableFilterScript = `
'use strict';
for (const field of document.querySelectorAll('.filter')) {
  const rows = [...field.closest('section').querySelector('tbody').rows];
  field.oninput = () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
  };
  field.oninput();
}
`;

export const tableFilterStyle = `
.filter { width: 260px; max-width: 100%; margin-bottom: 10px; }
`;

export const tableFilter = (label: string): string =>
  `<input class="filter" type="search" placeholder="${label}" aria-label="${label}" autocomplete="off" spellcheck="false">\n`;
