/** A name as a cell of CSV. One that a spreadsheet program would compute is kept from that. */
export function csvCell(name: string): string {
  const plain = /^[=+\-@\t\r]/.test(name) && Number.isNaN(Number(name)) ? `'${name}` : name;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
