const numbers = new Intl.NumberFormat('en')

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${numbers.format(count)} ${count === 1 ? one : many}`
}

export function formatted(count: number): string {
  return numbers.format(count)
}

/** `mdi:home` as its two parts. */
export function partsOf(name: string): [prefix: string, key: string] {
  const colon = name.indexOf(':')
  return [name.slice(0, colon), name.slice(colon + 1)]
}
