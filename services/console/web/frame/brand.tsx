export function Brand() {
  return (
    <span className="brand">
      <img src={`${import.meta.env.BASE_URL}icon.svg`} alt="" width={28} height={28} />
      SmartAnt
    </span>
  );
}
