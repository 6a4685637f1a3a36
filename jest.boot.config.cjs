const unit = require('./jest.config.cjs');

/** Machines that are laid out, made bootable and started by QEMU: `npm run test:boot`. */
module.exports = {
  ...unit,
  roots: ['<rootDir>/services/host-migrator'],
  testMatch: ['**/*.boot.ts'],
  testTimeout: 5_400_000,
};
