/** The service's mark. */
export function BrandMark() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" className="brand-ground" />
      <path
        className="brand-lines"
        d="M12 6.5c-3 0-3.5 1.5-3.5 4v2c0 2-.8 3.5-3 3.5 2.2.8 3 1.5 3 3.5v2c0 2.5.5 4 3.5 4M20 6.5c3 0 3.5 1.5 3.5 4v2c0 2 .8 3.5 3 3.5-2.2 0-3 1.5-3 3.5v2c0 2.5-.5 4-3.5 4"
      />
      <path className="brand-star" d="m16 11.5 1.4 3.1 3.1 1.4-3.1 1.4L16 20.5l-1.4-3.1-3.1-1.4 3.1-1.4Z" />
    </svg>
  )
}
