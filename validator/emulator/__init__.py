"""An emulator that keeps the contract: Personalize and Forecast dataset import jobs, in process and over HTTP."""

from validator.emulator.app import Emulator

__all__ = ["Emulator"]
